-- page_views: pages opened, after removing double-clicks, whether or not the page is a resource.
-- Source: COUNTER 5.1, 7.2.
SELECT partner_no, count() AS value
FROM {actions:Identifier}
WHERE counted AND type = 'page_view'
GROUP BY partner_no
