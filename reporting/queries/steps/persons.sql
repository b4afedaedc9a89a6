-- Step 25 of a close: each person who was active, with the department that was given for them last and what they did.
-- Active: at least one counted investigation, search or attended event. A row without a person is nobody.
-- Grouped by department first, because a person has few and choosing the last of all actions is slow.
-- Source: Roebuck.
CREATE OR REPLACE TABLE {persons:Identifier} ENGINE = Memory AS
SELECT
    partner_no, person_no, sum(part.actions) AS actions,
    argMax(part.dept, (part.dept != '', last_ms, part.dept)) AS dept
FROM
(
    SELECT partner_no, person_no, dept, count() AS actions, max(at_ms) AS last_ms,
        max(investigation OR type = 'search') AS is_active
    FROM {actions:Identifier}
    WHERE counted AND person_no != 0
    GROUP BY partner_no, person_no, dept
    UNION ALL
    SELECT partner_no, person_no, dept, count(), max(at_ms), true
    FROM {attended:Identifier} AS there
    INNER JOIN {people:Identifier} AS who ON there.pseudonym = who.pseudonym
    WHERE person_no != 0
    GROUP BY partner_no, person_no, dept
) AS part
GROUP BY partner_no, person_no
HAVING max(is_active)
