-- Unique_Item_Investigations: resources used, each at most once per person, local date and local hour of day.
-- Source: COUNTER 5.1, 3.3 and 7.3 (session = user id + date + hour slice).
SELECT partner, uniqExact(pseudonym, resource, slot) AS value
FROM {actions:Identifier}
WHERE counted AND resource != '' AND type IN ('page_view', 'download', 'play')
GROUP BY partner
