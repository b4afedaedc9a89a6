-- Searches_Platform: each search, once; searches have no double-click rule.
-- Source: COUNTER 5.1, 7.6.
SELECT partner_no, count() AS value
FROM {actions:Identifier}
WHERE counted AND type = 'search'
GROUP BY partner_no
