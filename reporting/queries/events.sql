-- events: what was attended, and by how many, in the order of their first days. day is the local day of the month (0 = the 1st).
-- Source: Roebuck.
SELECT
    partner_no, event AS id, argMax(there.title, (there.title != '', at_ms, there.title)) AS title,
    argMax(there.kind, (there.kind != '', at_ms, there.kind)) AS kind, min(there.day) AS day, count() AS attendees
FROM {attended:Identifier} AS there
GROUP BY partner_no, id
ORDER BY partner_no, day, id
