-- engaged: engaged time of people who agreed to the measuring of behaviour, how many of them have any, and how many of them
-- anything was measured of. Pseudonyms of behaviour: they cannot be linked to those of engagement.
-- Nearly every id is there once, so only the rest is looked up.
-- Source: Roebuck.
SELECT
    partner_no, sum(engaged_ms) AS engaged_ms, uniqExactIf(pseudonym, once.engaged_ms > 0) AS engaged_people,
    uniqExact(pseudonym) AS agreed_people
FROM
(
    SELECT partner, pseudonym, at_ms, engaged_ms
    FROM {behaviours:Identifier}
    WHERE cityHash64(event_id) NOT IN (SELECT hash FROM {repeats:Identifier})
    UNION ALL
    SELECT partner, pseudonym, at_ms, engaged_ms
    FROM
    (
        SELECT *
        FROM {behaviours:Identifier}
        WHERE cityHash64(event_id) IN (SELECT hash FROM {repeats:Identifier})
          AND (partner, event_id, at_ms) IN (SELECT partner, event_id, at_ms FROM {held:Identifier} WHERE rank = 2)
        ORDER BY partner, event_id, engaged_ms DESC, pseudonym
        LIMIT 1 BY partner, event_id
    )
) AS once
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON once.partner = span.partner
WHERE at_ms >= begin_ms AND at_ms < end_ms AND pseudonym != toFixedString('', 16)
GROUP BY partner_no
