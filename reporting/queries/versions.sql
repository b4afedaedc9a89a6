-- All versions of the records of {month} and {previous_month}, for the Partners whose ids lie from {from} to {to}, oldest first.
SELECT partner, month, version, body
FROM records FINAL
WHERE month IN ({month:String}, {previous_month:String}) AND partner >= {from:String} AND partner <= {to:String}
ORDER BY partner, month, version
