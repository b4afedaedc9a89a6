-- events_attended: each person at each event once, if the person stayed for the minutes that count (steps/attended).
-- Source: Roebuck.
SELECT partner_no, count() AS value
FROM {attended:Identifier}
GROUP BY partner_no
