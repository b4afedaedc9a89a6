-- Step 22 of a close: the 20 pages of each Partner with most views, after removing double-clicks; ties by path. Each with the
-- resource that it showed, the last of several; 0 if none.
-- Views are negative inside the tuples, because the smallest are kept.
-- Source: COUNTER 5.1, 7.2.
CREATE OR REPLACE TABLE {best_pages:Identifier} ENGINE = Memory AS
SELECT partner_no, place, counts.2 AS path_no, -counts.1 AS views, counts.3 AS resource_no
FROM
(
    SELECT partner_no, groupArraySorted(20)((views, path_no, resource_no)) AS best
    FROM
    (
        SELECT partner_no, path_no, -toInt64(count()) AS views, max(resource_no) AS resource_no
        FROM {actions:Identifier}
        WHERE counted AND type = 'page_view'
        GROUP BY partner_no, path_no
    )
    GROUP BY partner_no
)
ARRAY JOIN best AS counts, arrayEnumerate(best) AS place
