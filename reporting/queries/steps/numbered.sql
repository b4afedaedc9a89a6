-- Step 15 of a close: the events in numbers and in the Partner's own time.
-- slot is the local hour of the month (0 = first hour of the 1st): intDiv(slot, 24) is the day, slot % 24 the hour
-- of day. The hour that comes twice when clocks go back has one slot (COUNTER 5.1, 7.3: date + hour of day).
-- resource_no is 0 where the page is no resource, and term_no where nothing was searched for.
CREATE OR REPLACE TABLE {numbered:Identifier} ENGINE = Memory AS
SELECT
    partner_no, person_no, event_id, at_ms, type, site, full, dept,
    path_word.word_no AS path_no,
    if(type = 'search' OR resource = '', 0, thing.word_no) AS resource_no,
    if(type != 'search' OR term = '', 0, thing.word_no) AS term_no,
    at_ms >= begin_ms AND at_ms < end_ms AS in_month,
    toUInt16(greatest(0, intDiv(
        at_ms + offsets_ms[arrayLastIndex(from_ms -> from_ms <= at_ms, offsets_from_ms)] - begin_wall_ms,
        3600000
    ))) AS slot
FROM {firsts:Identifier} AS first
INNER JOIN (SELECT DISTINCT * FROM {partners:Identifier}) AS span ON first.partner = span.partner
INNER JOIN {people:Identifier} AS who ON first.pseudonym = who.pseudonym
INNER JOIN {words:Identifier} AS path_word ON first.path = path_word.word
INNER JOIN {words:Identifier} AS thing ON if(type = 'search', term, toString(resource)) = thing.word
