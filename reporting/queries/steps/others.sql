-- Step 5 of a close: ids of all that was acknowledged around the month beside engagement, for the "how counted" trail. No person.
-- rank says which copy of an event id holds: 1 engagement (step 1), 2 behaviour, 3 feedback, 4 attendance, 5 dropped.
CREATE OR REPLACE TABLE {others:Identifier} ENGINE = Memory AS
SELECT partner, event_id, toUInt8(2) AS rank, at_ms, '' AS reason FROM {behaviours:Identifier}
UNION ALL
SELECT partner, event_id, toUInt8(3), at_ms, '' FROM {answers:Identifier}
UNION ALL
SELECT partner, event_id, toUInt8(4), at_ms, '' FROM {attendances:Identifier}
UNION ALL
SELECT partner, event_id, toUInt8(5), toInt64(toUnixTimestamp(at)) * 1000, toString(reason)
FROM drops
WHERE partner IN (SELECT partner FROM {partners:Identifier})
  AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
  AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
