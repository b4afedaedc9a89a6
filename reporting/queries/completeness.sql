-- How complete a month is, for a page of Partners that have a record of it: what the latest version froze.
SELECT partner, max(version) AS version, toUnixTimestamp64Milli(argMax(closed_at, records.version)) AS closed_ms,
    JSONExtractRaw(argMax(body, records.version), 'completeness') AS completeness,
    JSONExtractRaw(argMax(body, records.version), 'how_counted') AS how_counted
FROM records
WHERE month = {month:String} AND partner IN {partners:Array(String)}
GROUP BY partner
ORDER BY partner
