-- Which life of the store this is: a restore begins the next one, so that no insert is taken for a repeat of one from
-- before it.
CREATE TABLE IF NOT EXISTS store_epochs
(
    epoch UInt32,
    began_at DateTime64(3, 'UTC'),
    reason String
)
ENGINE = ReplacingMergeTree
ORDER BY epoch
SETTINGS {table_settings};
