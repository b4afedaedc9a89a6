-- Step 2 of a close: attendances around the month, read once, as in step 1.
CREATE OR REPLACE TABLE {attendances:Identifier} ENGINE = Memory AS
SELECT partner, pseudonym, event_id, toUnixTimestamp64Milli(at) AS at_ms, minutes, event, title, kind, dept
FROM attendance
WHERE partner IN (SELECT partner FROM {partners:Identifier})
  AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
  AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
