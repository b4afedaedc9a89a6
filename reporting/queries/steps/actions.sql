-- Step 7 of a close: what all figures read. One row an event, in the Partner's own time:
-- slot is the local hour of the month (0 = first hour of the 1st), so that intDiv(slot, 24) is the day and
-- slot % 24 the hour of day; the hour that comes twice when clocks go back has one slot (COUNTER 5.1, 7.3).
-- counted: in the month and not removed as a double-click.
CREATE OR REPLACE TABLE {actions:Identifier} ENGINE = Memory AS
SELECT
    partner, pseudonym, at_ms, type, path, resource, full,
    at_ms >= begin_ms AND at_ms < end_ms AS in_month,
    sipHash128(partner, event_id) IN (SELECT action FROM {double_clicks:Identifier}) AS double_click,
    in_month AND NOT double_click AS counted,
    toUInt16(greatest(0, intDiv(at_ms + offsets_ms[arrayLastIndex(from_ms -> from_ms <= at_ms, offsets_from_ms)] - begin_wall_ms, 3600000))) AS slot
FROM {firsts:Identifier}
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span USING partner
