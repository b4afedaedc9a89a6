-- Step 2 of a close: what else was acknowledged around the month, for the "how counted" trail.
-- rank says which copy of an event id holds: 1 engagement (step 1), 2 behaviour, 3 feedback, 4 attendance, 5 dropped. Restricted
-- people's rows are left out, as in step 1.
CREATE OR REPLACE TABLE {others:Identifier} ENGINE = Memory AS
SELECT partner, event_id, rank, at_ms, reason
FROM
(
    SELECT partner, event_id, toUInt8(2) AS rank, toUnixTimestamp64Milli(at) AS at_ms, '' AS reason
    FROM behaviour
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT partner, event_id, toUInt8(3), toUnixTimestamp64Milli(at), ''
    FROM feedback
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT partner, event_id, toUInt8(4), toUnixTimestamp64Milli(at), ''
    FROM attendance
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT partner, event_id, toUInt8(5), toInt64(toUnixTimestamp(at)) * 1000, toString(reason)
    FROM drops
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
)
