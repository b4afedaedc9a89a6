-- Step 13 of a close: a number for each person, because numbers are quick to group by. 0 is no person: a row that is
-- not combined with one has a pseudonym of 16 zero bytes.
CREATE OR REPLACE TABLE {people:Identifier} ENGINE = Memory AS
SELECT pseudonym, if(pseudonym = toFixedString('', 16), 0, toUInt32(row_number() OVER (ORDER BY pseudonym))) AS person_no
FROM
(
    SELECT DISTINCT pseudonym FROM {firsts:Identifier}
    UNION DISTINCT
    SELECT DISTINCT pseudonym FROM {attended:Identifier}
)
