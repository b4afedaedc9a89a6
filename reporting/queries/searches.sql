-- searches: the terms of steps/best_searches, most searched first; and, under the empty term, how many people searched for anything else.
-- Source: COUNTER 5.1, 7.6; people: Roebuck.
SELECT partner_no, term, searches, people
FROM
(
    SELECT best.partner_no AS partner_no, word AS term, searches, people
    FROM {best_searches:Identifier} AS best
    INNER JOIN {words:Identifier} AS words ON best.term_no = words.word_no
    UNION ALL
    SELECT partner_no, '' AS term, count() AS searches, uniqExactIf(person_no, person_no != 0) AS people
    FROM {actions:Identifier}
    WHERE counted AND type = 'search' AND (partner_no, term_no) NOT IN (SELECT partner_no, term_no FROM {best_searches:Identifier})
    GROUP BY partner_no
)
ORDER BY partner_no, term = '', searches DESC, term
