-- Total_Item_Investigations: every view, download or play of a resource, after removing double-clicks.
-- Source: COUNTER 5.1, 3.3 and 7.2.
SELECT partner, count() AS value
FROM {actions:Identifier}
WHERE counted AND resource != '' AND type IN ('page_view', 'download', 'play')
GROUP BY partner
