-- how_counted: every event id acknowledged for the Partner in the month, once, by what became of it. An id that
-- was both stored and dropped counts as stored; of several places engagement holds before behaviour before
-- feedback before dropped, then the earliest. An id belongs to the month of the copy that holds.
-- place: counted or double_click (both engagement), behaviour, feedback, dropped (with its reason).
-- Source: Roebuck.
SELECT partner, if(double_click, 'double_click', 'engagement') AS place, '' AS reason, count() AS value
FROM {actions:Identifier}
WHERE in_month
GROUP BY partner, place
UNION ALL
SELECT partner, ['behaviour', 'feedback', 'dropped'][rank - 1] AS place, reason, count() AS value
FROM
(
    SELECT partner, event_id, rank, at_ms, reason
    FROM {others:Identifier}
    WHERE event_id NOT IN (SELECT event_id FROM {repeats:Identifier})
    UNION ALL
    SELECT partner, event_id, rank, at_ms, reason
    FROM
    (
        SELECT *
        FROM {others:Identifier}
        WHERE event_id IN (SELECT event_id FROM {repeats:Identifier})
        ORDER BY partner, event_id, rank, at_ms, reason
        LIMIT 1 BY partner, event_id
    ) AS other
    LEFT JOIN {outside:Identifier} AS elsewhere ON other.partner = elsewhere.partner AND other.event_id = elsewhere.event_id
    WHERE (elsewhere.place.1 = 0 OR (other.rank, other.at_ms) <= elsewhere.place)
      AND (partner, event_id) NOT IN
      (
          SELECT partner, event_id FROM {rows:Identifier} WHERE event_id IN (SELECT event_id FROM {repeats:Identifier})
      )
) AS held
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span USING partner
WHERE at_ms >= begin_ms AND at_ms < end_ms
GROUP BY partner, place, reason
