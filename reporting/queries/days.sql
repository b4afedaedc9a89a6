-- days: counted actions by day of the month (0 = the 1st), in the Partner's zone, as a map from day to actions.
-- Source: COUNTER 5.1, 7.2.
SELECT partner_no, sumMap(map(toUInt8(intDiv(slot, 24)), toUInt64(1))) AS cells
FROM {actions:Identifier}
WHERE counted
GROUP BY partner_no
