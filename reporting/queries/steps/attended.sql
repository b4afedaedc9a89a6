-- Step 12 of a close: each person at each event once, if the person stayed for {attended_minutes}. A row without a person
-- is nobody's, so each of them is one. A later report of an attendance may know of more: it lasted for the most minutes that
-- were ever told of its id, at whatever time, and stays where its first copy lies. A person who came twice attended on the
-- first day on which they stayed.
-- Source: Roebuck.
CREATE OR REPLACE TABLE {attended:Identifier} ENGINE = Memory AS
SELECT
    partner_no, pseudonym, event,
    minIf(once.at_ms, once.minutes >= {attended_minutes:UInt32}) AS at_ms,
    minIf(once.day, once.minutes >= {attended_minutes:UInt32}) AS day,
    argMax(once.title, (once.title != '', once.at_ms, once.title)) AS title,
    argMax(once.kind, (once.kind != '', once.at_ms, once.kind)) AS kind,
    argMax(once.dept, (once.dept != '', once.at_ms, once.dept)) AS dept
FROM
(
    SELECT
        partner_no, pseudonym, told.event_id AS event_id, event, told.at_ms AS at_ms, day,
        greatest(told.minutes, again.minutes) AS minutes, title, kind, dept
    FROM {attendances:Identifier} AS told
    INNER JOIN {held:Identifier} AS held
        ON told.partner = held.partner AND told.event_id = held.event_id AND told.at_ms = held.at_ms
    LEFT JOIN
    (
        SELECT partner, event_id, max(source.minutes) AS minutes
        FROM attendance AS source
        WHERE partner IN (SELECT partner FROM {partners:Identifier})
          AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
          AND cityHash64(event_id) IN (SELECT hash FROM {repeats:Identifier})
        GROUP BY partner, event_id
    ) AS again ON told.partner = again.partner AND told.event_id = again.event_id
    WHERE rank = 4
    ORDER BY partner_no, told.event_id, told.minutes DESC, pseudonym, event, title, kind, dept
    LIMIT 1 BY partner_no, told.event_id
) AS once
GROUP BY partner_no, pseudonym, event, if(pseudonym = toFixedString('', 16), event_id, toUUID('00000000-0000-0000-0000-000000000000'))
HAVING max(minutes) >= {attended_minutes:UInt32}
