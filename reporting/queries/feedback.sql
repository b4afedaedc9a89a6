-- feedback: answers, and those of them that gave a score from 1 to 5 with the sum of their scores. Never a comment.
-- Source: Roebuck.
SELECT partner_no, count() AS responses, countIf(score > 0) AS scorers, sum(score) AS score_sum
FROM
(
    SELECT partner_no, event_id, score
    FROM {answers:Identifier} AS told
    INNER JOIN {held:Identifier} AS held
        ON told.partner = held.partner AND told.event_id = held.event_id AND told.at_ms = held.at_ms
    WHERE rank = 3
    ORDER BY partner_no, event_id, score DESC
    LIMIT 1 BY partner_no, event_id
)
GROUP BY partner_no
