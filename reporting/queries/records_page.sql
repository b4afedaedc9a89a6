-- A page of what is closed: the latest version of each Partner's record of each month, newest month first, then by
-- Partner; after {after_month} and {after_partner} where a page went before. Versions that were closed before the month
-- was over only if {early}.
SELECT partner, month, max(version) AS version, argMax(reason, records.version) AS reason,
    toUnixTimestamp64Milli(argMax(closed_at, records.version)) AS closed_ms
FROM records
WHERE ({early:UInt8} OR NOT JSONExtractBool(body, 'completeness', 'provisional'))
    AND ({month:String} = '' OR month = {month:String})
    AND ({all:UInt8} OR partner IN {partners:Array(String)})
    AND ({after_month:String} = '' OR month < {after_month:String}
        OR (month = {after_month:String} AND partner > {after_partner:String}))
GROUP BY partner, month
ORDER BY month DESC, partner
LIMIT {limit:UInt32}
