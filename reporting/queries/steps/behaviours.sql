-- Step 3 of a close: behaviour around the month, read once, as in step 1. Its pseudonyms are others than those of
-- engagement; the two never meet in a figure.
CREATE OR REPLACE TABLE {behaviours:Identifier} ENGINE = Memory AS
SELECT partner, pseudonym, event_id, toUnixTimestamp64Milli(at) AS at_ms, engaged_ms
FROM behaviour
WHERE partner IN (SELECT partner FROM {partners:Identifier})
  AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
  AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
