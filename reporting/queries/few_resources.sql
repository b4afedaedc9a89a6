-- few_resources: the other resources, each of fewer than {people_min} people, by kind and topic together: how many there are, what
-- they add up to, the least and the most of each count, and the counts of one of them.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals; people: Roebuck.
SELECT
    used.partner_no AS partner_no,
    kinds.kind AS type,
    kinds.topic AS topic,
    count() AS resources,
    [
        sum(used.people), sum(unique_requests), sum(total_requests), sum(unique_investigations), sum(total_investigations)
    ] AS sums,
    [
        min(used.people), min(unique_requests), min(total_requests), min(unique_investigations), min(total_investigations)
    ] AS least,
    [
        max(used.people), max(unique_requests), max(total_requests), max(unique_investigations), max(total_investigations)
    ] AS most,
    argMax(
        [used.people, unique_requests, total_requests, unique_investigations, total_investigations],
        (total_investigations, used.resource_no)
    ) AS one
FROM {used_resources:Identifier} AS used
LEFT JOIN {kinds:Identifier} AS kinds ON used.partner_no = kinds.partner_no AND used.resource_no = kinds.resource_no
WHERE (used.partner_no, used.resource_no) NOT IN (SELECT partner_no, resource_no FROM {best_resources:Identifier})
GROUP BY partner_no, type, topic
ORDER BY partner_no, type, topic
