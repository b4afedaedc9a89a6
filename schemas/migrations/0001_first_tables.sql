-- First tables. Person-level tables: one partition a UTC day (the purge drops partitions), ordered by
-- Partner, pseudonym, event id. The TTLs are a backstop behind the purge.

CREATE TABLE IF NOT EXISTS engagement
(
    partner LowCardinality(String),
    pseudonym FixedString(16),
    event_id UUID,
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    acct LowCardinality(String),
    dept LowCardinality(String),
    site LowCardinality(String),
    path LowCardinality(String) CODEC(ZSTD(1)),
    resource LowCardinality(String) CODEC(ZSTD(1)),
    full UInt8,
    referrer LowCardinality(String),
    term String CODEC(ZSTD(1)),
    epoch UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS behaviour
(
    partner LowCardinality(String),
    pseudonym FixedString(16),
    event_id UUID,
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    acct LowCardinality(String),
    site LowCardinality(String),
    path LowCardinality(String) CODEC(ZSTD(1)),
    engaged_ms UInt32,
    scroll_pct UInt8,
    target LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    epoch UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS feedback
(
    partner LowCardinality(String),
    pseudonym FixedString(16),
    event_id UUID,
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    acct LowCardinality(String),
    site LowCardinality(String),
    path LowCardinality(String) CODEC(ZSTD(1)),
    resource LowCardinality(String),
    score UInt8,
    comment String CODEC(ZSTD(1)),
    epoch UInt16
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (partner, pseudonym, event_id)
TTL toDateTime(at) + INTERVAL {retention_days} DAY
SETTINGS {table_settings}, ttl_only_drop_parts = 1;

-- Sums without a person: nothing to erase, kept for the trend.
CREATE TABLE IF NOT EXISTS statistics_hourly
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    site LowCardinality(String),
    path LowCardinality(String),
    referrer LowCardinality(String),
    country LowCardinality(String),
    device LowCardinality(String),
    views UInt64,
    visits UInt64
)
ENGINE = SummingMergeTree((views, visits))
PARTITION BY toYYYYMM(hour)
ORDER BY (site, hour, path, referrer, country, device)
SETTINGS {table_settings};

-- One row an event that was acknowledged and not stored. No person; the id only stops repeats from counting twice.
CREATE TABLE IF NOT EXISTS drops
(
    partner LowCardinality(String),
    reason LowCardinality(String),
    event_id UUID,
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    type LowCardinality(String)
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
    partner LowCardinality(String),
    kind LowCardinality(String),
    id String,
    title String,
    type LowCardinality(String),
    topic LowCardinality(String),
    at DateTime64(3, 'UTC')
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
