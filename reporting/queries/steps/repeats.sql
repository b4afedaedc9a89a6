-- Step 4 of a close: ids that arrived more than once, wherever and whenever. Only these need a choice.
-- By a 64-bit hash, as in step 3: an id that is in here by accident is chosen once, as it would be anyway.
CREATE OR REPLACE TABLE {repeats:Identifier} ENGINE = Memory AS
SELECT hash
FROM
(
    SELECT cityHash64(event_id) AS hash FROM {rows:Identifier}
    UNION ALL
    SELECT cityHash64(event_id) FROM {others:Identifier}
    UNION ALL
    SELECT cityHash64(event_id) FROM {outside:Identifier}
)
GROUP BY hash
HAVING count() > 1
