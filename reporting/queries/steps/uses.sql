-- Step 8 of a close: how each resource was used, for the tables of resources and of kinds.
-- Unique metrics count a resource once per person and slot, so those of a kind are the sum over its resources;
-- people are not, so they stay a set until the table is known.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
CREATE OR REPLACE TABLE {uses:Identifier} ENGINE = Memory AS
SELECT
    partner,
    resource,
    uniqExactIf((pseudonym, slot), full = 1) AS unique_requests,
    countIf(full = 1) AS total_requests,
    uniqExact(pseudonym, slot) AS unique_investigations,
    count() AS total_investigations,
    uniqExactIfState(pseudonym, pseudonym != toFixedString('', 16)) AS people
FROM {actions:Identifier}
WHERE counted AND resource != '' AND type IN ('page_view', 'download', 'play')
GROUP BY partner, resource
