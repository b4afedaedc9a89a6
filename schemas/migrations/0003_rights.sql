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
    verbal UInt8,
    opened_at DateTime64(3, 'UTC'),
    due_at DateTime64(3, 'UTC'),
    extended_at Nullable(DateTime64(3, 'UTC')),
    acknowledged_at Nullable(DateTime64(3, 'UTC')),
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

-- The views of people's rows as before, without those of people whose processing is restricted.

CREATE OR REPLACE VIEW engagement_v1
DEFINER = {definer} SQL SECURITY DEFINER
AS SELECT
    day,
    at,
    partner,
    if(who = toFixedString('', 16), '', lower(hex(who))) AS pseudonym,
    type,
    acct,
    dept,
    site,
    path,
    resource,
    full,
    referrer,
    term
FROM
(
    SELECT
        toDate(source.at) AS day,
        source.partner AS partner,
        source.pseudonym AS who,
        source.event_id AS id,
        min(source.at) AS at,
        argMin(source.type, source.at) AS type,
        argMin(source.acct, source.at) AS acct,
        argMin(source.dept, source.at) AS dept,
        argMin(source.site, source.at) AS site,
        argMin(source.path, source.at) AS path,
        argMin(source.resource, source.at) AS resource,
        max(source.full) AS full,
        argMin(source.referrer, source.at) AS referrer,
        argMin(source.term, source.at) AS term
    FROM engagement AS source
    WHERE (source.partner, source.pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
    GROUP BY day, partner, who, id
);

CREATE OR REPLACE VIEW behaviour_v1
DEFINER = {definer} SQL SECURITY DEFINER
AS SELECT
    day,
    at,
    partner,
    if(who = toFixedString('', 16), '', lower(hex(who))) AS pseudonym,
    type,
    acct,
    site,
    path,
    engaged_ms,
    scroll_pct,
    target,
    device,
    browser,
    os
FROM
(
    SELECT
        toDate(source.at) AS day,
        source.partner AS partner,
        source.pseudonym AS who,
        source.event_id AS id,
        min(source.at) AS at,
        argMin(source.type, source.at) AS type,
        argMin(source.acct, source.at) AS acct,
        argMin(source.site, source.at) AS site,
        argMin(source.path, source.at) AS path,
        argMin(source.engaged_ms, source.at) AS engaged_ms,
        argMin(source.scroll_pct, source.at) AS scroll_pct,
        argMin(source.target, source.at) AS target,
        argMin(source.device, source.at) AS device,
        argMin(source.browser, source.at) AS browser,
        argMin(source.os, source.at) AS os
    FROM behaviour AS source
    WHERE (source.partner, source.pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)
    GROUP BY day, partner, who, id
);
