-- Step 7 of a close: how many key epochs made the pseudonyms of each Partner in the month and the 12 months before it. With more
-- than one, nobody can say who is new: pseudonyms of two epochs are unlinkable on purpose.
-- Source: Roebuck; privacy policy, key rotation.
CREATE OR REPLACE TABLE {epochs:Identifier} ENGINE = Memory AS
SELECT partner_no, uniqExact(epoch) AS epochs
FROM
(
    SELECT partner, epoch, toUnixTimestamp64Milli(at) AS at_ms
    FROM engagement
    WHERE partner IN (SELECT partner FROM {partners:Identifier}) AND pseudonym != toFixedString('', 16)
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT partner, epoch, toUnixTimestamp64Milli(at)
    FROM attendance
    WHERE partner IN (SELECT partner FROM {partners:Identifier}) AND pseudonym != toFixedString('', 16)
      AND at >= fromUnixTimestamp64Milli({earlier_ms:Int64}, 'UTC')
      AND at <= fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT partner, epoch, toInt64(toUnixTimestamp(toDateTime(last_day, 'UTC'))) * 1000
    FROM people
    WHERE partner IN (SELECT partner FROM {partners:Identifier})
) AS seen
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON seen.partner = span.partner
WHERE at_ms >= earlier_ms AND at_ms < end_ms
GROUP BY partner_no
