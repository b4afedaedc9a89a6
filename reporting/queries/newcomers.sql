-- newcomers: active people (steps/persons) by whether they had been here in the 12 months before (steps/earlier), and in how many key
-- epochs (steps/epochs).
-- Source: Roebuck.
SELECT partner_no, countIf(NOT was_here) AS new_people, countIf(was_here) AS returning_people, any(epochs) AS epochs
FROM
(
    SELECT partner_no, (partner_no, person_no) IN
        (
            SELECT partner_no, person_no
            FROM {earlier:Identifier} AS seen
            INNER JOIN {people:Identifier} AS who ON seen.pseudonym = who.pseudonym
        ) AS was_here
    FROM {persons:Identifier}
) AS person
LEFT JOIN {epochs:Identifier} AS made ON person.partner_no = made.partner_no
GROUP BY partner_no
