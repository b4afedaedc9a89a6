-- Step 18 of a close: one row for each person, resource and slot, that is, for each unit of the unique metrics:
-- a resource counts once per user session, and a session is a person's local date and hour of day.
-- Source: COUNTER 5.1, 7.3.
CREATE OR REPLACE TABLE {uses:Identifier} ENGINE = Memory AS
SELECT partner_no, person_no, resource_no, slot, toUInt32(count()) AS investigations, toUInt32(countIf(full = 1)) AS requests
FROM {actions:Identifier}
WHERE counted AND investigation
GROUP BY partner_no, person_no, resource_no, slot
