-- Step 24 of a close: each person who was active, with the department that was given for them last and what they did.
-- Active: at least one counted investigation, search or attended event. A row without a person is nobody.
-- Source: Roebuck.
CREATE OR REPLACE TABLE {persons:Identifier} ENGINE = Memory AS
SELECT
    partner_no, person_no, count() AS actions,
    argMax(person.dept, (person.dept != '', at_ms, person.dept)) AS dept
FROM
(
    SELECT partner_no, person_no, at_ms, dept, investigation OR type = 'search' AS is_active
    FROM {actions:Identifier}
    WHERE counted AND person_no != 0
    UNION ALL
    SELECT partner_no, person_no, at_ms, dept, true
    FROM {attended:Identifier} AS there
    INNER JOIN {people:Identifier} AS who ON there.pseudonym = who.pseudonym
    WHERE person_no != 0
) AS person
GROUP BY partner_no, person_no
HAVING max(is_active)
