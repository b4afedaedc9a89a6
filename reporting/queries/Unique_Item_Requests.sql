-- Unique_Item_Requests: resources used in full, each at most once per person, local date and local hour of day.
-- Source: COUNTER 5.1, 3.3 and 7.3 (session = user id + date + hour slice).
SELECT partner_no, count() AS value
FROM {uses:Identifier}
WHERE requests > 0
GROUP BY partner_no
