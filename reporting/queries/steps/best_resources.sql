-- Step 24 of a close: the resources that are looked at one by one: those of at least {people_min} people; the 50 of each
-- Partner with most unique requests (ties by the other counts, then by id), so that in a small month no more is withheld than
-- must be; those that one of the best pages shows; and those that an earlier version of the record lists.
-- Counts are negative inside the tuples, because the smallest are kept.
CREATE OR REPLACE TABLE {best_resources:Identifier} ENGINE = Memory AS
SELECT partner_no, resource_no
FROM {used_resources:Identifier}
WHERE people >= {people_min:UInt32}
UNION DISTINCT
SELECT partner_no, counts.5 AS resource_no
FROM
(
    SELECT
        partner_no,
        groupArraySorted(50)((
            -toInt64(unique_requests), -toInt64(total_requests),
            -toInt64(unique_investigations), -toInt64(total_investigations), resource_no
        )) AS best
    FROM {used_resources:Identifier}
    GROUP BY partner_no
)
ARRAY JOIN best AS counts
UNION DISTINCT
SELECT partner_no, resource_no FROM {best_pages:Identifier} WHERE resource_no != 0
UNION DISTINCT
SELECT partner_no, word_no AS resource_no
FROM
(
    SELECT partner, arrayJoin(JSONExtract(body, 'top_resources', 'Array(Tuple(id String))')).1 AS id
    FROM records
    WHERE month = {month:String} AND partner >= {first_partner:String} AND partner <= {last_partner:String}
) AS listed
INNER JOIN (SELECT DISTINCT partner_no, partner FROM {partners:Identifier}) AS span ON listed.partner = span.partner
INNER JOIN {words:Identifier} AS words ON listed.id = words.word
