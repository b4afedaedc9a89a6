-- Delivery of records to Link Officers, and who works at the schedule.

-- What was done to bring a version of a record to an officer: begun before it is handed over, then sent, refused, failed
-- or away. Rows are only added. An officer is a hash of Partner and address, so that no address is in a second place.
CREATE TABLE IF NOT EXISTS deliveries
(
    partner String,
    month String,
    version UInt32,
    officer String,
    at DateTime64(3, 'UTC'),
    outcome LowCardinality(String),
    code UInt16,
    reason String,
    via LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (partner, month, version, officer, at)
SETTINGS {table_settings};

-- Who may work at what only one process may: a row for each time a turn was taken, kept or given back. The clock is the
-- server's.
CREATE TABLE IF NOT EXISTS leases
(
    name LowCardinality(String),
    turn UInt64,
    holder String,
    released UInt8,
    seconds UInt32,
    until DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') + toIntervalSecond(seconds)
)
ENGINE = MergeTree
ORDER BY (name, turn)
SETTINGS {table_settings};

-- What its officers get: `pdf` the record, `link` only where it can be read.
ALTER TABLE partners ADD COLUMN IF NOT EXISTS delivery LowCardinality(String) DEFAULT 'pdf';
