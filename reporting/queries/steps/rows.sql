-- Step 1 of a close: the engagement rows around the month, read once, so that every figure is of one moment.
-- {first_ms}..{last_ms} reaches 30 minutes before the first border and 30 seconds past the last one (any zone),
-- the farthest that the rules for visits and double-clicks look. People whose processing is restricted are in no figure
-- (GDPR Art. 18(2)).
-- Terms that differ in case or white space alone are one.
CREATE OR REPLACE TABLE {rows:Identifier} ENGINE = Memory AS
SELECT partner, pseudonym, event_id, toUnixTimestamp64Milli(at) AS at_ms, type, site, path, resource, full, dept,
    if(type = 'search', replaceRegexpAll(trimBoth(lowerUTF8(term)), '\\s+', ' '), '') AS term
FROM engagement
WHERE partner IN (SELECT partner FROM {partners:Identifier})
  AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
  AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
