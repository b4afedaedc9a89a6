-- Step 11 of a close: every id of steps/others once, in the month in which its copy that holds lies. One that was both stored
-- and dropped counts as stored; of several places engagement holds before behaviour before feedback before
-- attendance before dropped, then the earliest. day is the local day of the month (0 = the 1st).
CREATE OR REPLACE TABLE {held:Identifier} ENGINE = Memory AS
SELECT
    partner_no, once.partner AS partner, event_id, rank, reason, at_ms,
    toUInt8(intDiv(at_ms + offsets_ms[arrayLastIndex(from_ms -> from_ms <= at_ms, offsets_from_ms)] - begin_wall_ms, 86400000)) AS day
FROM
(
    SELECT partner, event_id, rank, at_ms, reason
    FROM {others:Identifier}
    WHERE cityHash64(event_id) NOT IN (SELECT hash FROM {repeats:Identifier})
    UNION ALL
    SELECT other.partner, other.event_id, rank, at_ms, reason
    FROM
    (
        SELECT *
        FROM {others:Identifier}
        WHERE cityHash64(event_id) IN (SELECT hash FROM {repeats:Identifier})
        ORDER BY partner, event_id, rank, at_ms, reason
        LIMIT 1 BY partner, event_id
    ) AS other
    LEFT JOIN {outside:Identifier} AS elsewhere ON other.partner = elsewhere.partner AND other.event_id = elsewhere.event_id
    WHERE (elsewhere.place.1 = 0 OR (other.rank, other.at_ms) <= elsewhere.place)
      AND (other.partner, other.event_id) NOT IN
      (
          SELECT partner, event_id
          FROM {rows:Identifier}
          WHERE cityHash64(event_id) IN (SELECT hash FROM {repeats:Identifier})
      )
) AS once
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON once.partner = span.partner
WHERE at_ms >= begin_ms AND at_ms < end_ms
