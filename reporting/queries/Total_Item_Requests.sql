-- Total_Item_Requests: every view, download or play of the full content of a resource, after removing double-clicks.
-- Source: COUNTER 5.1, 3.3 and 7.2.
SELECT partner_no, count() AS value
FROM {actions:Identifier}
WHERE counted AND investigation AND full = 1
GROUP BY partner_no
