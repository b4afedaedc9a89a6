-- All versions of these Partners' records of the months {from_month}..{month}, oldest first; of the other months only
-- the figures, which are all that a trend needs.
SELECT partner, month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms,
    if(month = {month:String}, body, concat('{"figures":', JSONExtractRaw(body, 'figures'), '}')) AS body
FROM records FINAL
WHERE partner IN {partners:Array(String)} AND month >= {from_month:String} AND month <= {month:String}
ORDER BY partner, month, version
