-- First tables. Person-level tables: one partition a UTC day (the purge drops partitions), ordered by
-- Partner, pseudonym, event id. The TTLs are a backstop behind the purge.

CREATE TABLE IF NOT EXISTS engagement
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    pseudonym FixedString(16) CODEC(ZSTD(1)),
    event_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1)),
    acct LowCardinality(String) CODEC(ZSTD(1)),
    dept LowCardinality(String) CODEC(ZSTD(1)),
    site LowCardinality(String) CODEC(ZSTD(1)),
    path LowCardinality(String) CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    full UInt8 CODEC(ZSTD(1)),
    referrer LowCardinality(String) CODEC(ZSTD(1)),
    term String CODEC(ZSTD(1)),
    epoch UInt16 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS behaviour
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    pseudonym FixedString(16) CODEC(ZSTD(1)),
    event_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1)),
    acct LowCardinality(String) CODEC(ZSTD(1)),
    site LowCardinality(String) CODEC(ZSTD(1)),
    path LowCardinality(String) CODEC(ZSTD(1)),
    engaged_ms UInt32 CODEC(T64, ZSTD(1)),
    scroll_pct UInt8 CODEC(ZSTD(1)),
    target LowCardinality(String) CODEC(ZSTD(1)),
    device LowCardinality(String) CODEC(ZSTD(1)),
    browser LowCardinality(String) CODEC(ZSTD(1)),
    os LowCardinality(String) CODEC(ZSTD(1)),
    epoch UInt16 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS feedback
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    pseudonym FixedString(16) CODEC(ZSTD(1)),
    event_id UUID CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1)),
    acct LowCardinality(String) CODEC(ZSTD(1)),
    site LowCardinality(String) CODEC(ZSTD(1)),
    path LowCardinality(String) CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    score UInt8 CODEC(ZSTD(1)),
    comment String CODEC(ZSTD(1)),
    epoch UInt16 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

-- Sums without a person: nothing to erase, kept for the trend.
CREATE TABLE IF NOT EXISTS statistics_hourly
(
    hour DateTime('UTC') CODEC(T64, ZSTD(1)),
    site LowCardinality(String) CODEC(ZSTD(1)),
    path LowCardinality(String) CODEC(ZSTD(1)),
    referrer LowCardinality(String) CODEC(ZSTD(1)),
    country LowCardinality(String) CODEC(ZSTD(1)),
    device LowCardinality(String) CODEC(ZSTD(1)),
    views UInt64 CODEC(T64, ZSTD(1)),
    visits UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree((views, visits))
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour, path, referrer, country, device)
SETTINGS {table_settings};

-- One row an event that was acknowledged and not stored. No person; the id only stops repeats from counting twice.
CREATE TABLE IF NOT EXISTS drops
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    reason LowCardinality(String) CODEC(ZSTD(1)),
    event_id UUID CODEC(ZSTD(1)),
    at DateTime('UTC') CODEC(T64, ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, reason, event_id)
TTL at + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS drops_daily AS
SELECT toDate(first_at) AS day, partner, reason, count() AS events
FROM
(
    SELECT partner, event_id, min(at) AS first_at, argMin(reason, (at, reason)) AS reason
    FROM drops
    GROUP BY partner, event_id
)
GROUP BY day, partner, reason;

-- What a Partner's people were shown, by its latest title. Kept per Partner, so that no text crosses from one to another.
CREATE TABLE IF NOT EXISTS resources
(
    partner LowCardinality(String) CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    id String CODEC(ZSTD(1)),
    title String CODEC(ZSTD(1)),
    type LowCardinality(String) CODEC(ZSTD(1)),
    topic LowCardinality(String) CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (partner, kind, id)
SETTINGS {table_settings};

CREATE TABLE IF NOT EXISTS partners
(
    id String,
    name String,
    peer_group String,
    seats Nullable(UInt32),
    fee Nullable(Decimal(18, 2)),
    currency String,
    contract_start Nullable(Date),
    contract_end Nullable(Date),
    zone String,
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY id
SETTINGS {table_settings};

-- Link Officers. `gone` rows replace those who handed over.
CREATE TABLE IF NOT EXISTS contacts
(
    partner String,
    email String,
    name String,
    gone UInt8,
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (partner, email)
SETTINGS {table_settings};

-- Frozen figures. Never edited: a change makes the next version.
CREATE TABLE IF NOT EXISTS records
(
    partner String,
    month String,
    version UInt32,
    reason String,
    closed_at DateTime64(3, 'UTC'),
    body String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
ORDER BY (partner, month, version)
SETTINGS {table_settings};

-- What ran when and how it ended: closes, imports, purges, deliveries.
CREATE TABLE IF NOT EXISTS runs
(
    id UUID,
    kind LowCardinality(String),
    subject String,
    started_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    outcome LowCardinality(String),
    detail String
)
ENGINE = MergeTree
ORDER BY (kind, started_at, id)
SETTINGS {table_settings};

-- Who did what to personal data, without the data. Append-only.
CREATE TABLE IF NOT EXISTS audit
(
    at DateTime64(3, 'UTC'),
    actor LowCardinality(String),
    action LowCardinality(String),
    subject String,
    detail String
)
ENGINE = MergeTree
ORDER BY (at, actor, action)
SETTINGS {table_settings};
