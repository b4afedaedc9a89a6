-- All versions of one Partner's records of the months {from_month}..{month}, oldest first; of the others none that was
-- closed before it was over: what is handed out tells nothing of it.
SELECT month, version, reason, toUnixTimestamp64Milli(closed_at) AS closed_ms, body
FROM records FINAL
WHERE partner = {partner:String} AND month >= {from_month:String} AND month <= {month:String}
    AND (month = {month:String} OR NOT JSONExtractBool(body, 'completeness', 'provisional'))
ORDER BY month, version
