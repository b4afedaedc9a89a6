-- All versions of these Partners' records of the months {from_month}..{month}, oldest first; of the other months only
-- the figures, which are all that a trend needs, and none that was closed before it was over.
SELECT partner, month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms,
    if(month = {month:String}, body, concat('{"figures":', JSONExtractRaw(body, 'figures'), '}')) AS body
FROM records AS source FINAL
WHERE partner IN {partners:Array(String)} AND month >= {from_month:String} AND month <= {month:String}
    AND (month = {month:String} OR NOT JSONExtractBool(source.body, 'completeness', 'provisional'))
ORDER BY partner, month, version
