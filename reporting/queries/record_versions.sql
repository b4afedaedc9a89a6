-- Every version of one Partner's record of one month, without figures, oldest first; those that were closed before it was over only if
-- {early}.
SELECT partner, month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms
FROM records FINAL
WHERE partner = {partner:String} AND month = {month:String}
    AND ({early:UInt8} OR NOT JSONExtractBool(body, 'completeness', 'provisional'))
ORDER BY version
