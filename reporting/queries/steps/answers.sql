-- Step 4 of a close: answers around the month, read once, as in step 1: scores, never comments. Pseudonyms only tell how many people
-- answered; they are there by consent, and nearly all answers are nobody's.
CREATE OR REPLACE TABLE {answers:Identifier} ENGINE = Memory AS
SELECT partner, event_id, toUnixTimestamp64Milli(at) AS at_ms, score, pseudonym, epoch, event, resource, site, path
FROM feedback
WHERE partner IN (SELECT partner FROM {partners:Identifier})
  AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
  AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
