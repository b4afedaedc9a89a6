-- All versions of one Partner's records of the months {from_month}..{month}, oldest first.
SELECT month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms, body
FROM records FINAL
WHERE partner = {partner:String} AND month >= {from_month:String} AND month <= {month:String}
ORDER BY month, version
