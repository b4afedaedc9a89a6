-- What analysts see: documented columns that stay as they are while the tables change. The views read with the rights
-- of whoever migrates, so that the analyst needs none on the tables.

-- Each event once a day: filter by `day`, which reads only those days. The key epoch and the event id stay inside.
CREATE VIEW IF NOT EXISTS engagement_v1
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
    GROUP BY day, partner, who, id
);

CREATE VIEW IF NOT EXISTS behaviour_v1
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
    GROUP BY day, partner, who, id
);

-- The parts of a sum may lie apart until they are merged.
CREATE VIEW IF NOT EXISTS statistics_v1
DEFINER = {definer} SQL SECURITY DEFINER
AS SELECT
    source.hour AS hour,
    source.site AS site,
    source.path AS path,
    source.referrer AS referrer,
    source.country AS country,
    source.device AS device,
    sum(source.views) AS views,
    sum(source.visits) AS visits
FROM statistics_hourly AS source
GROUP BY hour, site, path, referrer, country, device;

-- Every version of every record: figures that are frozen, no person.
CREATE VIEW IF NOT EXISTS records_v1
DEFINER = {definer} SQL SECURITY DEFINER
AS SELECT partner, month, version, reason, closed_at, body AS record
FROM records FINAL;

-- @access-control: only where the engine has users; the embedded one has none.

-- Collects, transforms, closes, purges; and migrates, once the roles are there.
CREATE ROLE IF NOT EXISTS roebuck_writer;
GRANT SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SHOW
ON {database}.* TO roebuck_writer;
GRANT CLUSTER ON *.* TO roebuck_writer;
GRANT TABLE ENGINE ON * TO roebuck_writer;
GRANT SELECT ON system.tables TO roebuck_writer;
GRANT SELECT ON system.columns TO roebuck_writer;
GRANT SELECT ON system.parts TO roebuck_writer;
GRANT SELECT ON system.mutations TO roebuck_writer;

-- Reads everything, changes nothing.
CREATE ROLE IF NOT EXISTS roebuck_reader SETTINGS readonly = 2;
GRANT SELECT, SHOW ON {database}.* TO roebuck_reader;

-- Reads the views. Without a grant on any source there is no url(), file(), s3(), remote() or executable().
CREATE ROLE IF NOT EXISTS roebuck_analyst
SETTINGS readonly = 2, max_memory_usage = 4000000000 MAX 4000000000, max_execution_time = 120 MAX 600;
GRANT SELECT ON {database}.engagement_v1 TO roebuck_analyst;
GRANT SELECT ON {database}.behaviour_v1 TO roebuck_analyst;
GRANT SELECT ON {database}.statistics_v1 TO roebuck_analyst;
GRANT SELECT ON {database}.records_v1 TO roebuck_analyst;
CREATE QUOTA IF NOT EXISTS roebuck_analyst KEYED BY user_name
FOR INTERVAL 1 hour MAX queries = 2000, execution_time = 3600
TO roebuck_analyst;
