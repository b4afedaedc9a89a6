const yearMs = 365 * 24 * 3_600_000;

/** The clock of the tests stands still, so the brokers must keep what is old by theirs. Every opener of a topic must say the same. */
export const TEST_RETENTION = { eventsRetentionMs: 10 * yearMs, quarantineRetentionMs: 10 * yearMs };
