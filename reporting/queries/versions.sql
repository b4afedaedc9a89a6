-- The latest version of the records of a month, for the Partners whose ids lie from {from} to {to}.
SELECT partner, version, body
FROM records FINAL
WHERE month = {month:String} AND partner >= {from:String} AND partner <= {to:String}
ORDER BY partner, version DESC
LIMIT 1 BY partner
