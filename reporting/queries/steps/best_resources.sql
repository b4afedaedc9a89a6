-- Step 21 of a close: the 20 resources of each Partner with most unique requests; ties by the other counts, then by
-- id. Counts are negative inside the tuples, because the smallest are kept.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
CREATE OR REPLACE TABLE {best_resources:Identifier} ENGINE = Memory AS
SELECT
    partner_no, place, counts.5 AS resource_no,
    -counts.1 AS unique_requests, -counts.2 AS total_requests,
    -counts.3 AS unique_investigations, -counts.4 AS total_investigations
FROM
(
    SELECT partner_no, groupArraySorted(20)((ur, tr, ui, ti, resource_no)) AS best
    FROM
    (
        SELECT
            partner_no,
            resource_no,
            -toInt64(countIf(requests > 0)) AS ur,
            -toInt64(sum(requests)) AS tr,
            -toInt64(count()) AS ui,
            -toInt64(sum(investigations)) AS ti
        FROM {uses:Identifier}
        GROUP BY partner_no, resource_no
    )
    GROUP BY partner_no
)
ARRAY JOIN best AS counts, arrayEnumerate(best) AS place
