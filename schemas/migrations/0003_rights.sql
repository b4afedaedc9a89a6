-- People's rights: what is asked, what is restricted.

-- One row a request of a person (GDPR Art. 12-21), the latest state holds. Nothing says who: the user id is given
-- again when the request is answered.
CREATE TABLE IF NOT EXISTS requests
(
    id String,
    kind LowCardinality(String),
    partner String,
    acct LowCardinality(String),
    state LowCardinality(String),
    opened_at DateTime64(3, 'UTC'),
    due_at DateTime64(3, 'UTC'),
    stopped_at Nullable(DateTime64(3, 'UTC')),
    closed_at Nullable(DateTime64(3, 'UTC')),
    opened_by String,
    note String,
    certificate String,
    updated_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY id
SETTINGS {table_settings};

-- Pseudonyms whose rows are used for nothing while the restriction lasts (GDPR Art. 18). Made from the journal.
CREATE TABLE IF NOT EXISTS restricted
(
    partner String,
    pseudonym FixedString(16)
)
ENGINE = ReplacingMergeTree
ORDER BY (partner, pseudonym)
SETTINGS {table_settings};
