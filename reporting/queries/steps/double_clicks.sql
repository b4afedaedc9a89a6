-- Step 16 of a close: the actions that a later one replaces (COUNTER 5.1, 7.2): same kind, same URL, same person,
-- at most {double_click_ms} to the next. Of a URL there is its path without a query, numbers masked, and the resource that it
-- led to: two of one path are two URLs if their resources differ. Only the gap to the next counts, so chains slide. Never searches (7.6),
-- and never rows without a person: nobody can say that two of them are one person's.
-- Most links are used once, so the sort is spared them; links are told apart by a 64-bit hash there and exactly here.
CREATE OR REPLACE TABLE {double_clicks:Identifier} ENGINE = Memory AS
WITH linked AS
(
    SELECT partner_no, person_no, type, site, path_no, resource_no, event_id, at_ms,
        cityHash64(partner_no, person_no, type, site, path_no, resource_no) AS link
    FROM {numbered:Identifier}
    WHERE type IN ('page_view', 'download', 'play') AND person_no != 0
)
SELECT partner_no, event_id
FROM
(
    SELECT
        partner_no,
        event_id,
        at_ms,
        leadInFrame(at_ms, 1, toInt64({last_ms:Int64} + {double_click_ms:Int64} + 1)) OVER (
            PARTITION BY partner_no, person_no, type, site, path_no, resource_no
            ORDER BY at_ms, event_id
            ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
        ) AS next_ms
    FROM linked
    WHERE link IN
    (
        SELECT arrayJoin(arrayFilter((this, before) -> this = before, arrayPopFront(sorted), arrayPopBack(sorted)))
        FROM (SELECT arraySort(groupArray(link)) AS sorted FROM linked GROUP BY partner_no)
    )
)
WHERE next_ms - at_ms <= {double_click_ms:Int64}
