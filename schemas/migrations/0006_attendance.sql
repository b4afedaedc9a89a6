-- Attendance of events, from servers and imports; and feedback about an event.

-- One row an attendance: a person at a webinar, meeting or course.
CREATE TABLE IF NOT EXISTS attendance
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    pseudonym FixedString(16) CODEC(ZSTD(1)),
    event_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    acct LowCardinality(String) CODEC(ZSTD(1)),
    dept LowCardinality(String) CODEC(ZSTD(1)),
    event String CODEC(ZSTD(1)),
    title String CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    minutes UInt16 CODEC(T64, ZSTD(1)),
    epoch UInt16 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

ALTER TABLE feedback ADD COLUMN IF NOT EXISTS event LowCardinality(String) CODEC(ZSTD(1)) AFTER resource;

-- Each attendance once a day, without those of people whose processing is restricted. A later report of the same
-- attendance may know of more minutes.
CREATE VIEW IF NOT EXISTS attendance_v1
DEFINER = {definer} SQL SECURITY DEFINER
AS SELECT
    day,
    at,
    partner,
    if(who = toFixedString('', 16), '', lower(hex(who))) AS pseudonym,
    acct,
    dept,
    event,
    title,
    kind,
    minutes
FROM
(
    SELECT
        toDate(source.at) AS day,
        source.partner AS partner,
        source.pseudonym AS who,
        source.event_id AS id,
        min(source.at) AS at,
        argMin(source.acct, source.at) AS acct,
        argMin(source.dept, source.at) AS dept,
        argMin(source.event, source.at) AS event,
        argMin(source.title, source.at) AS title,
        argMin(source.kind, source.at) AS kind,
        max(source.minutes) AS minutes
    FROM attendance AS source
    WHERE (source.partner, source.pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
    GROUP BY day, partner, who, id
);

-- @access-control: only where the engine has users; the embedded one has none.

GRANT SELECT ON {database}.attendance_v1 TO roebuck_analyst;
