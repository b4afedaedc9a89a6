-- Unique_Item_Investigations: resources used, each at most once per person, local date and local hour of day.
-- Source: COUNTER 5.1, 3.3 and 7.3 (session = user id + date + hour slice).
SELECT partner_no, count() AS value
FROM {uses:Identifier}
GROUP BY partner_no
