-- Step 10 of a close: each engagement event once per Partner. Of several copies the earliest holds, ties by the
-- other columns, so that no order or number of deliveries changes a figure.
CREATE OR REPLACE TABLE {firsts:Identifier} ENGINE = Memory AS
SELECT partner, pseudonym, event_id, at_ms, type, site, path, resource, full, dept, term
FROM {rows:Identifier}
WHERE cityHash64(event_id) NOT IN (SELECT hash FROM {repeats:Identifier})
UNION ALL
SELECT partner, pseudonym, event_id, at_ms, type, site, path, resource, full, dept, term
FROM
(
    SELECT *
    FROM {rows:Identifier}
    WHERE cityHash64(event_id) IN (SELECT hash FROM {repeats:Identifier})
    ORDER BY partner, event_id, at_ms, pseudonym, type, site, path, resource, full, dept, term
    LIMIT 1 BY partner, event_id
)
WHERE (partner, event_id) NOT IN (SELECT partner, event_id FROM {outside:Identifier} WHERE place < (1, {first_ms:Int64}))
