-- The clocks: when somebody was last here, and what a legal hold keeps beyond its time.

-- The last day on which a person was seen, kept when the rows of that day leave: the two-year clock needs it.
CREATE TABLE IF NOT EXISTS people
(
    partner String,
    pseudonym FixedString(16),
    epoch UInt16,
    last_day Date
)
ENGINE = ReplacingMergeTree(last_day)
ORDER BY (partner, pseudonym, epoch)
SETTINGS {table_settings};

-- Rows under a legal hold, moved here when their time is over; no TTL, no report reads them.
CREATE TABLE IF NOT EXISTS held
(
    source LowCardinality(String),
    partner LowCardinality(String),
    pseudonym FixedString(16),
    event_id UUID,
    at DateTime64(3, 'UTC'),
    epoch UInt16,
    -- The whole row, as JSON.
    body String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (source, partner, pseudonym, event_id, at)
SETTINGS {table_settings};
