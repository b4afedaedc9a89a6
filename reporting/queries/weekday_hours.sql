-- weekday_hours: page views by weekday (0 = Monday) and hour of day, in the Partner's zone, as cells weekday * 24 + hour,
-- with how many different people opened them. {first_weekday} is the weekday of the 1st.
-- Source: COUNTER 5.1, 7.2; people: Roebuck.
SELECT partner_no, groupArray(cell) AS cells, groupArray(actions) AS actions, groupArray(people) AS people
FROM
(
    SELECT
        partner_no, toUInt32((intDiv(slot, 24) + {first_weekday:UInt8}) % 7 * 24 + slot % 24) AS cell,
        toUInt32(count()) AS actions, toUInt32(uniqExactIf(person_no, person_no != 0)) AS people
    FROM {actions:Identifier}
    WHERE counted AND type = 'page_view'
    GROUP BY partner_no, cell
)
GROUP BY partner_no
