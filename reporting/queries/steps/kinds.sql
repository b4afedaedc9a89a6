-- Step 12 of a close: the kind and title of each resource as this Partner's people saw it last. Empty if never told.
CREATE OR REPLACE TABLE {kinds:Identifier} ENGINE = Memory AS
SELECT partner_no, word_no AS resource_no, type AS kind, title
FROM (SELECT partner, id, type, title FROM resources FINAL WHERE kind = 'resource') AS seen
INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON seen.partner = span.partner
INNER JOIN {words:Identifier} AS named ON seen.id = named.word
