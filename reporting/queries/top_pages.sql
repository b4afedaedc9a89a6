-- top_pages: the 20 pages of each Partner with most views (steps/best_pages), in that order, each with its title, the
-- number of people who opened it, and the resource that it showed, the last of several; empty if none.
-- Source: COUNTER 5.1, 7.2; people: Roebuck.
SELECT best.partner_no AS partner_no, words.word AS path, titles.title AS title, views, people, shown.word AS resource
FROM {best_pages:Identifier} AS best
INNER JOIN {words:Identifier} AS words ON best.path_no = words.word_no
LEFT JOIN
(
    SELECT partner_no, path_no, uniqExactIf(person_no, person_no != 0) AS people
    FROM {actions:Identifier}
    WHERE counted AND type = 'page_view'
      AND (partner_no, path_no) IN (SELECT partner_no, path_no FROM {best_pages:Identifier})
    GROUP BY partner_no, path_no
) AS readers ON best.partner_no = readers.partner_no AND best.path_no = readers.path_no
LEFT JOIN {words:Identifier} AS shown ON if(best.resource_no = 0, 4294967295, best.resource_no) = shown.word_no
LEFT JOIN
(
    SELECT partner_no, id, title
    FROM
    (
        SELECT partner, id, title
        FROM resources FINAL
        WHERE kind = 'page' AND partner >= {first_partner:String} AND partner <= {last_partner:String}
    ) AS seen
    INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON seen.partner = span.partner
) AS titles ON best.partner_no = titles.partner_no AND words.word = titles.id
ORDER BY partner_no, place
