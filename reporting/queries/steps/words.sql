-- Step 14 of a close: a number for each path, resource id and search term, in their alphabetical order, so that a tie that is
-- broken by the number is broken by the id.
CREATE OR REPLACE TABLE {words:Identifier} ENGINE = Memory AS
SELECT word, toUInt32(row_number() OVER (ORDER BY word)) AS word_no
FROM
(
    SELECT DISTINCT toString(path) AS word FROM {firsts:Identifier}
    UNION DISTINCT
    SELECT DISTINCT if(type = 'search', term, toString(resource)) FROM {firsts:Identifier}
)
