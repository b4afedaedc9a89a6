-- Step 7 of a close: how many key epochs made the pseudonyms of each Partner in the month and the 12 months before it. With more
-- than one, nobody can say who is new: pseudonyms of two epochs are unlinkable on purpose. An epoch has no gap, so that
-- its first and its last row tell.
-- Source: Roebuck; privacy policy, key rotation.
CREATE OR REPLACE TABLE {epochs:Identifier} ENGINE = Memory AS
SELECT partner_no, uniqExact(epoch) AS epochs
FROM
(
    SELECT partner, epoch, toUnixTimestamp64Milli(min(at)) AS first_ms, toUnixTimestamp64Milli(max(at)) AS last_ms
    FROM engagement
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner, epoch
    UNION ALL
    SELECT partner, epoch, toUnixTimestamp64Milli(min(at)), toUnixTimestamp64Milli(max(at))
    FROM attendance
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner, epoch
    UNION ALL
    SELECT partner, epoch, toInt64(toUnixTimestamp(toDateTime(min(last_day), 'UTC'))) * 1000,
        toInt64(toUnixTimestamp(toDateTime(max(last_day), 'UTC'))) * 1000
    FROM people
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
    GROUP BY partner, epoch
) AS made
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON made.partner = span.partner
WHERE made.last_ms >= earlier_ms AND made.first_ms < end_ms
GROUP BY partner_no
