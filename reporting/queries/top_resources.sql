-- top_resources: the resources of each Partner that are looked at one by one (steps/best_resources), those with most unique
-- requests first, each with its title, kind and topic.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals; people: Roebuck.
SELECT
    used.partner_no AS partner_no, word AS id, kinds.title AS title, kinds.kind AS type, kinds.topic AS topic,
    unique_requests, total_requests, unique_investigations, total_investigations, people
FROM {used_resources:Identifier} AS used
INNER JOIN {words:Identifier} AS words ON used.resource_no = words.word_no
LEFT JOIN {kinds:Identifier} AS kinds ON used.partner_no = kinds.partner_no AND used.resource_no = kinds.resource_no
WHERE (used.partner_no, used.resource_no) IN (SELECT partner_no, resource_no FROM {best_resources:Identifier})
ORDER BY
    partner_no, unique_requests DESC, total_requests DESC, unique_investigations DESC, total_investigations DESC,
    used.resource_no
