-- active_people: different people with at least one counted investigation, search or attended event (steps/persons).
-- Source: Roebuck.
SELECT partner_no, count() AS value
FROM {persons:Identifier}
GROUP BY partner_no
