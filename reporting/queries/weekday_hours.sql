-- weekday_hours: page views by weekday (0 = Monday) and hour of day, in the Partner's zone, as a map from
-- weekday * 24 + hour to views. {first_weekday} is the weekday of the 1st.
-- Source: COUNTER 5.1, 7.2.
SELECT
    partner_no,
    sumMap(map(toUInt8((intDiv(slot, 24) + {first_weekday:UInt8}) % 7 * 24 + slot % 24), toUInt64(1))) AS cells
FROM {actions:Identifier}
WHERE counted AND type = 'page_view'
GROUP BY partner_no
