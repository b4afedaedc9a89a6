-- top_resources: the 20 resources of each Partner with most unique requests (steps/best_resources), in that order, each with its
-- title and kind and the number of people who used it.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals; people: Roebuck.
SELECT
    best.partner_no AS partner_no, word AS id, kinds.title AS title, kinds.kind AS type, kinds.topic AS topic,
    unique_requests, total_requests, unique_investigations, total_investigations, people
FROM {best_resources:Identifier} AS best
INNER JOIN {words:Identifier} AS words ON best.resource_no = words.word_no
LEFT JOIN {kinds:Identifier} AS kinds ON best.partner_no = kinds.partner_no AND best.resource_no = kinds.resource_no
LEFT JOIN
(
    SELECT partner_no, resource_no, uniqExactIf(person_no, person_no != 0) AS people
    FROM {uses:Identifier}
    WHERE (partner_no, resource_no) IN (SELECT partner_no, resource_no FROM {best_resources:Identifier})
    GROUP BY partner_no, resource_no
) AS users ON best.partner_no = users.partner_no AND best.resource_no = users.resource_no
ORDER BY partner_no, place
