-- top_pages: the 20 pages of each Partner with most views, after removing double-clicks; ties by path.
-- Views are negative inside the tuples, because the smallest are kept.
-- Source: COUNTER 5.1, 7.2.
WITH best AS
(
    SELECT partner_no, groupArraySorted(20)((views, path_no, people)) AS pages
    FROM
    (
        SELECT partner_no, path_no, -toInt64(count()) AS views, uniqExactIf(person_no, person_no != 0) AS people
        FROM {actions:Identifier}
        WHERE counted AND type = 'page_view'
        GROUP BY partner_no, path_no
    )
    GROUP BY partner_no
)
SELECT best.partner_no AS partner_no, place, word AS path, titles.title AS title, -counts.1 AS views, counts.3 AS people
FROM best
ARRAY JOIN pages AS counts, arrayEnumerate(pages) AS place
INNER JOIN {words:Identifier} AS words ON counts.2 = words.word_no
LEFT JOIN
(
    SELECT partner_no, id, title
    FROM (SELECT partner, id, title FROM resources FINAL WHERE kind = 'page') AS seen
    INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON seen.partner = span.partner
) AS titles ON best.partner_no = titles.partner_no AND words.word = titles.id
ORDER BY partner_no, place
