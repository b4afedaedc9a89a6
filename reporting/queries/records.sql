-- What is closed: the latest version of each Partner's record of each month, or of {month} alone. Newest first.
SELECT partner, month, max(version) AS version, argMax(reason, records.version) AS reason,
    toUnixTimestamp64Milli(argMax(closed_at, records.version)) AS closed_ms
FROM records
WHERE {month:String} = '' OR month = {month:String}
GROUP BY partner, month
ORDER BY month DESC, partner
