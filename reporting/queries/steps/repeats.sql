-- Step 9 of a close: ids that a Partner has more than once, wherever and whenever. Only these need a choice.
-- By a 64-bit hash, as in steps/outside: an id that is in here by accident is chosen once, as it would be anyway.
-- Sorting the hashes of each Partner and looking for equal neighbours takes less than grouping by them.
CREATE OR REPLACE TABLE {repeats:Identifier} ENGINE = Memory AS
SELECT DISTINCT arrayJoin(arrayFilter((this, before) -> this = before, arrayPopFront(sorted), arrayPopBack(sorted))) AS hash
FROM
(
    SELECT arraySort(groupArray(id_hash)) AS sorted
    FROM
    (
        SELECT partner, cityHash64(event_id) AS id_hash FROM {rows:Identifier}
        UNION ALL
        SELECT partner, cityHash64(event_id) FROM {others:Identifier}
        UNION ALL
        SELECT partner, cityHash64(event_id) FROM {outside:Identifier}
    )
    GROUP BY partner
)
