-- top_pages: the {rows_max} pages of each Partner with most views, after removing double-clicks; ties by path.
-- all_rows says how many pages the Partner's people viewed.
-- Source: COUNTER 5.1, 7.2.
WITH viewed AS
(
    SELECT
        partner, path, count() AS views,
        uniqExactIf(pseudonym, pseudonym != toFixedString('', 16)) AS people,
        count() OVER (PARTITION BY partner) AS all_rows
    FROM {actions:Identifier}
    WHERE counted AND type = 'page_view'
    GROUP BY partner, path
    ORDER BY partner, views DESC, path
    LIMIT {rows_max:UInt32} BY partner
)
SELECT viewed.partner AS partner, viewed.path AS path, named.latest_title AS title, views, people, all_rows
FROM viewed
LEFT JOIN
(
    SELECT partner, id, argMax(title, (at, title, type)) AS latest_title
    FROM resources
    WHERE kind = 'page' AND partner IN (SELECT partner FROM {partners:Identifier})
    GROUP BY partner, id
) AS named ON viewed.partner = named.partner AND viewed.path = named.id
ORDER BY partner, views DESC, path
