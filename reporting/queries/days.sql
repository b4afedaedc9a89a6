-- days: counted actions by day of the month (0 = the 1st), in the Partner's zone, with how many different people did them.
-- Source: COUNTER 5.1, 7.2.
SELECT partner_no, intDiv(slot, 24) AS cell, count() AS actions, uniqExactIf(person_no, person_no != 0) AS people
FROM {actions:Identifier}
WHERE counted
GROUP BY partner_no, cell
