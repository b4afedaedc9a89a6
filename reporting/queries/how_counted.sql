-- how_counted: every event id acknowledged for the Partner in the month, once, by what became of it. An id that
-- was both stored and dropped counts as stored; of several places engagement holds before behaviour before
-- feedback before attendance before dropped, then the earliest. An id belongs to the month of the copy that holds.
-- place: engagement (counted) or double_click, behaviour, feedback, attendance (counted as engagement; two of one
-- person are two events, never a double-click), dropped (with its reason).
-- Source: Roebuck.
SELECT partner_no, if(double_click, 'double_click', 'engagement') AS place, '' AS reason, count() AS value
FROM {actions:Identifier}
WHERE in_month
GROUP BY partner_no, place
UNION ALL
SELECT partner_no, ['behaviour', 'feedback', 'attendance', 'dropped'][rank - 1] AS place, reason, count() AS value
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
) AS held
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON held.partner = span.partner
WHERE at_ms >= begin_ms AND at_ms < end_ms
GROUP BY partner_no, place, reason
