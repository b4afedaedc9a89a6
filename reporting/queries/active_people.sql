-- active_people: different people with at least one counted investigation or search. A row without a person is nobody.
-- Source: Roebuck.
SELECT partner_no, uniqExact(person_no) AS value
FROM {actions:Identifier}
WHERE counted AND person_no != 0 AND (investigation OR type = 'search')
GROUP BY partner_no
