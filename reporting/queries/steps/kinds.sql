-- Step 20 of a close: the kind, title and topic of each resource. Empty if never told.
-- What a page or player tells comes before what a link to a file does, which is often only the text of the link.
-- Nearly all resources have a page with a title, so only the rest are grouped.
CREATE OR REPLACE TABLE {kinds:Identifier} ENGINE = Memory AS
SELECT partner_no, resource_no, type AS kind, title, topic
FROM {told:Identifier}
WHERE from_page AND title != ''
UNION ALL
SELECT partner_no, resource_no, argMax(type, from_page) AS kind,
    argMax(told.title, (told.title != '', from_page)) AS title, argMax(told.topic, (told.topic != '', from_page)) AS topic
FROM {told:Identifier} AS told
WHERE (partner_no, resource_no) NOT IN
(
    SELECT partner_no, resource_no FROM {told:Identifier} WHERE from_page AND title != ''
)
GROUP BY partner_no, resource_no
