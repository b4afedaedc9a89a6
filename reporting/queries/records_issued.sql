-- What a Partner's officers may see: of each month the latest version that was closed after the month's end. Newest first.
SELECT partner, month, max(version) AS version, argMax(reason, records.version) AS reason,
    toUnixTimestamp64Milli(argMax(closed_at, records.version)) AS closed_ms
FROM records
WHERE partner = {partner:String} AND NOT JSONExtractBool(body, 'completeness', 'provisional')
GROUP BY partner, month
ORDER BY month DESC
