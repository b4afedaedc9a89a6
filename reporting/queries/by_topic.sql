-- by_topic: use by topic, the topic being the latest that the site gave with the resource; empty if none.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
SELECT
    uses.partner_no AS partner_no,
    kinds.topic AS id,
    countIf(requests > 0) AS unique_requests,
    sum(requests) AS total_requests,
    count() AS unique_investigations,
    sum(investigations) AS total_investigations,
    uniqExactIf(person_no, person_no != 0) AS people
FROM {uses:Identifier} AS uses
LEFT JOIN {kinds:Identifier} AS kinds ON uses.partner_no = kinds.partner_no AND uses.resource_no = kinds.resource_no
GROUP BY partner_no, id
ORDER BY partner_no, unique_requests DESC, total_requests DESC, unique_investigations DESC, total_investigations DESC, id
