-- Step 19 of a close: what the site told of each resource, as this Partner's people saw it last: by its page or player
-- (from_page = 1), or by the link to a downloaded file.
-- By a range of ids (the Partners come in their order), because FINAL is slow over many small ranges of the key.
CREATE OR REPLACE TABLE {told:Identifier} ENGINE = Memory AS
SELECT partner_no, word_no AS resource_no, from_page, type, title, topic
FROM
(
    SELECT partner, id, CAST(kind = 'resource' AS UInt8) AS from_page, type, title, topic
    FROM resources FINAL
    WHERE kind IN ('resource', 'file') AND partner >= {first_partner:String} AND partner <= {last_partner:String}
) AS seen
INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON seen.partner = span.partner
INNER JOIN {words:Identifier} AS named ON seen.id = named.word
