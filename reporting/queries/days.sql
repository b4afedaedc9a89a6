-- days: counted actions by day of the month (0 = the 1st), in the Partner's zone, with how many different people did them.
-- Source: COUNTER 5.1, 7.2.
SELECT partner_no, groupArray(cell) AS cells, groupArray(actions) AS actions, groupArray(people) AS people
FROM
(
    SELECT partner_no, toUInt32(intDiv(slot, 24)) AS cell, toUInt32(count()) AS actions, toUInt32(uniqExactIf(person_no, person_no != 0)) AS people
    FROM {actions:Identifier}
    WHERE counted
    GROUP BY partner_no, cell
)
GROUP BY partner_no
