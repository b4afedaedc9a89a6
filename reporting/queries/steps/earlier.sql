-- Step 6 of a close: who of the people around the month had been here in the 12 months before it (earlier_ms..begin_ms). For days
-- whose rows are purged, the last day of each person is known. An attendance that is too short to count is none.
-- Source: Roebuck.
CREATE OR REPLACE TABLE {earlier:Identifier} ENGINE = Memory AS
WITH around AS
(
    SELECT pseudonym FROM {rows:Identifier}
    UNION ALL
    SELECT pseudonym FROM {attendances:Identifier}
)
SELECT DISTINCT partner_no, pseudonym
FROM
(
    SELECT partner, pseudonym, toUnixTimestamp64Milli(at) AS at_ms
    FROM engagement
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at < fromUnixTimestamp64Milli({begun_ms:Int64}, 'UTC')
      AND pseudonym IN (SELECT pseudonym FROM around)
    UNION ALL
    SELECT partner, pseudonym, toUnixTimestamp64Milli(at)
    FROM attendance
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at < fromUnixTimestamp64Milli({begun_ms:Int64}, 'UTC')
      AND minutes >= {attended_minutes:UInt32}
      AND pseudonym IN (SELECT pseudonym FROM around)
    UNION ALL
    SELECT partner, pseudonym, toInt64(toUnixTimestamp(toDateTime(last_day, 'UTC'))) * 1000
    FROM people
    WHERE partner IN (SELECT partner FROM {partners:Identifier}) AND pseudonym IN (SELECT pseudonym FROM around)
) AS seen
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON seen.partner = span.partner
WHERE at_ms >= earlier_ms AND at_ms < begin_ms
