-- Step 21 of a close: every resource that a Partner's people used, counted, with the number of people who used it.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals; people: Roebuck.
CREATE OR REPLACE TABLE {used_resources:Identifier} ENGINE = Memory AS
SELECT
    partner_no,
    resource_no,
    countIf(requests > 0) AS unique_requests,
    sum(requests) AS total_requests,
    count() AS unique_investigations,
    sum(investigations) AS total_investigations,
    uniqExactIf(person_no, person_no != 0) AS people
FROM {uses:Identifier}
GROUP BY partner_no, resource_no
