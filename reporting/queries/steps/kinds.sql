-- Step 12 of a close: the kind and title of each resource as this Partner's people saw it last. Empty if never told.
-- A page's or player's title comes before that of a downloaded file, which is often only the text of the link.
CREATE OR REPLACE TABLE {kinds:Identifier} ENGINE = Memory AS
SELECT partner_no, word_no AS resource_no, type AS kind, title
FROM
(
    SELECT
        partner,
        id,
        argMax(told.type, kind = 'resource') AS type,
        argMax(told.title, (told.title != '', kind = 'resource')) AS title
    FROM resources AS told FINAL
    WHERE kind IN ('resource', 'file')
    GROUP BY partner, id
) AS seen
INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON seen.partner = span.partner
INNER JOIN {words:Identifier} AS named ON seen.id = named.word
