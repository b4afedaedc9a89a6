-- The latest version of every Partner's record of a month.
SELECT partner, version, body
FROM records FINAL
WHERE month = {month:String}
ORDER BY partner, version DESC
LIMIT 1 BY partner
