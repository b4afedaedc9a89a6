-- Step 17 of a close: what the figures read, one row an event. counted: in the month and no double-click.
CREATE OR REPLACE TABLE {actions:Identifier} ENGINE = Memory AS
SELECT
    partner_no, person_no, at_ms, type, path_no, resource_no, term_no, full, dept, slot, in_month,
    (partner_no, event_id) IN (SELECT partner_no, event_id FROM {double_clicks:Identifier}) AS double_click,
    in_month AND NOT double_click AS counted,
    resource_no != 0 AND type IN ('page_view', 'download', 'play') AS investigation
FROM {numbered:Identifier}
