-- Step 4 of a close: ids that arrived more than once, wherever and whenever. Only these need a choice.
CREATE OR REPLACE TABLE {repeats:Identifier} ENGINE = Memory AS
SELECT event_id
FROM
(
    SELECT event_id FROM {rows:Identifier}
    UNION ALL
    SELECT event_id FROM {others:Identifier}
    UNION ALL
    SELECT event_id FROM {outside:Identifier}
)
GROUP BY event_id
HAVING count() > 1
