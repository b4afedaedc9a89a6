-- top_resources: the 20 resources of each Partner with most unique requests; ties by the other counts, then by id,
-- so that the order is stable.
-- Counts are negative inside the tuples, because the smallest are kept.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
WITH best AS
(
    SELECT partner_no, groupArraySorted(20)((ur, tr, ui, ti, resource_no, people)) AS resources
    FROM
    (
        SELECT
            partner_no,
            resource_no,
            -toInt64(countIf(requests > 0)) AS ur,
            -toInt64(sum(requests)) AS tr,
            -toInt64(count()) AS ui,
            -toInt64(sum(investigations)) AS ti,
            uniqExactIf(person_no, person_no != 0) AS people
        FROM {uses:Identifier}
        GROUP BY partner_no, resource_no
    )
    GROUP BY partner_no
)
SELECT
    best.partner_no AS partner_no, place, word AS id, kinds.title AS title, kinds.kind AS type,
    -counts.1 AS unique_requests, -counts.2 AS total_requests,
    -counts.3 AS unique_investigations, -counts.4 AS total_investigations, counts.6 AS people
FROM best
ARRAY JOIN resources AS counts, arrayEnumerate(resources) AS place
INNER JOIN {words:Identifier} AS words ON counts.5 = words.word_no
LEFT JOIN {kinds:Identifier} AS kinds ON best.partner_no = kinds.partner_no AND counts.5 = kinds.resource_no
ORDER BY partner_no, place
