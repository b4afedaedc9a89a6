-- Every version of one Partner's record of one month, without figures, oldest first.
SELECT partner, month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms
FROM records FINAL
WHERE partner = {partner:String} AND month = {month:String}
ORDER BY version
