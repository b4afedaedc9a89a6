-- Step 6 of a close: the actions that a later one replaces (COUNTER 5.1, 7.2): same kind, same URL, same person,
-- at most {double_click_ms} to the next. Only the gap to the next counts, so chains slide. Never searches (7.6),
-- and never rows without a person: nobody can say that two of them are one person's.
CREATE OR REPLACE TABLE {double_clicks:Identifier} ENGINE = Memory AS
SELECT action
FROM
(
    SELECT
        action,
        at_ms,
        leadInFrame(at_ms, 1, toInt64({last_ms:Int64} + {double_click_ms:Int64} + 1)) OVER (
            PARTITION BY link ORDER BY at_ms, action ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
        ) AS next_ms
    FROM
    (
        SELECT
            sipHash128(partner, event_id) AS action,
            sipHash128(partner, pseudonym, type, site, path) AS link,
            at_ms
        FROM {firsts:Identifier}
        WHERE type IN ('page_view', 'download', 'play') AND pseudonym != toFixedString('', 16)
    )
)
WHERE next_ms - at_ms <= {double_click_ms:Int64}
