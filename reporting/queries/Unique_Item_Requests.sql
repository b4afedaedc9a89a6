-- Unique_Item_Requests: resources used in full, each at most once per person, local date and local hour of day.
-- Source: COUNTER 5.1, 3.3 and 7.3 (session = user id + date + hour slice).
SELECT partner, uniqExact(pseudonym, resource, slot) AS value
FROM {actions:Identifier}
WHERE counted AND full = 1 AND resource != '' AND type IN ('page_view', 'download', 'play')
GROUP BY partner
