-- feedback: answers, those of them that gave a score from 1 to 5 with the sum of their scores, and how many people surely gave
-- one. Never a comment. An answer is combined with its person only by consent, so nobody can say of the others whose they are: one
-- person may answer about many resources, events and pages, but as a rule once about each. So there are at least as many people as
-- different pseudonyms of one key epoch, and as answers of nobody about one event, one resource or, where neither is told, one page.
-- Source: Roebuck.
SELECT partner_no, sum(answers) AS responses, sum(scores) AS scorers, sum(points) AS score_sum, max(at_least) AS people
FROM
(
    SELECT
        partner_no,
        multiIf(
            pseudonym != toFixedString('', 16), concat('epoch ', toString(epoch)),
            event != '', concat('event ', event),
            resource != '', concat('resource ', resource),
            concat('page ', site, ' ', path)
        ) AS about,
        count() AS answers, countIf(score > 0) AS scores, sum(score) AS points,
        if(startsWith(about, 'epoch '), uniqExactIf(pseudonym, score > 0), scores) AS at_least
    FROM
    (
        SELECT partner_no, event_id, score, pseudonym, epoch, event, resource, site, path
        FROM {answers:Identifier} AS told
        INNER JOIN {held:Identifier} AS held
            ON told.partner = held.partner AND told.event_id = held.event_id AND told.at_ms = held.at_ms
        WHERE rank = 3
        ORDER BY partner_no, event_id, score DESC, pseudonym, epoch, event, resource, site, path
        LIMIT 1 BY partner_no, event_id
    )
    GROUP BY partner_no, about
)
GROUP BY partner_no
