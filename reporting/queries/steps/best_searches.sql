-- Step 23 of a close: the 20 terms of each Partner that were searched for most, of those that at least {people_min} people
-- searched for: a term may itself tell who searched. Ties by term.
-- Source: COUNTER 5.1, 7.6; people: Roebuck.
CREATE OR REPLACE TABLE {best_searches:Identifier} ENGINE = Memory AS
SELECT partner_no, term_no, count() AS searches, uniqExactIf(person_no, person_no != 0) AS people
FROM {actions:Identifier}
WHERE counted AND type = 'search' AND term_no != 0
GROUP BY partner_no, term_no
HAVING people >= {people_min:UInt32}
ORDER BY partner_no, searches DESC, term_no
LIMIT 20 BY partner_no
