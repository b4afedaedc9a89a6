-- Step 8 of a close: copies, stored or dropped at any other time, of the ids seen around the month. Nearly always
-- none; without it an event that was stored twice, weeks apart, would count in two months.
-- Ids are looked for by a 64-bit hash: it may find too much, which does no harm, never too little.
CREATE OR REPLACE TABLE {outside:Identifier} ENGINE = Memory AS
SELECT partner, event_id, min((rank, at_ms)) AS place
FROM
(
    SELECT partner, event_id, toUInt8(1) AS rank, toUnixTimestamp64Milli(at) AS at_ms
    FROM engagement
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND (at < fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') OR at > fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC'))
    UNION ALL
    SELECT partner, event_id, toUInt8(2), toUnixTimestamp64Milli(at)
    FROM behaviour
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND (at < fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') OR at > fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC'))
    UNION ALL
    SELECT partner, event_id, toUInt8(3), toUnixTimestamp64Milli(at)
    FROM feedback
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND (at < fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') OR at > fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC'))
    UNION ALL
    SELECT partner, event_id, toUInt8(4), toUnixTimestamp64Milli(at)
    FROM attendance
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
      AND (at < fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') OR at > fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC'))
    UNION ALL
    SELECT partner, event_id, toUInt8(5), toInt64(toUnixTimestamp(at)) * 1000
    FROM drops
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND (at < fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') OR at > fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC'))
)
WHERE cityHash64(event_id) IN
  (
      SELECT cityHash64(event_id) FROM {rows:Identifier}
      UNION ALL
      SELECT cityHash64(event_id) FROM {others:Identifier}
  )
GROUP BY partner, event_id
