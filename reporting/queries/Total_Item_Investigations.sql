-- Total_Item_Investigations: every view, download or play of a resource, after removing double-clicks.
-- Source: COUNTER 5.1, 3.3 and 7.2.
SELECT partner_no, count() AS value
FROM {actions:Identifier}
WHERE counted AND investigation
GROUP BY partner_no
