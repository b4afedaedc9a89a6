-- active_people: different people with at least one counted investigation or search. A row without a person
-- (16 zero bytes) is nobody.
-- Source: Roebuck.
SELECT partner, uniqExact(pseudonym) AS value
FROM {actions:Identifier}
WHERE counted AND pseudonym != toFixedString('', 16)
  AND (type = 'search' OR (resource != '' AND type IN ('page_view', 'download', 'play')))
GROUP BY partner
