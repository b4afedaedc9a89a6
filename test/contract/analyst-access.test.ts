import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../schemas/views.ts";
import { ANALYST, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

// The analysts' account on the embedded engine: what it can read, and hundreds of ways to read something else.

const SECRET = "kestrel-4711";
let opened: TestWarehouse;

async function post(
  sql: string,
  { search = {}, user = ANALYST }: { search?: Record<string, string>; user?: { name: string; password: string } } = {},
) {
  const response = await fetch(`${opened.access.url}/?${new URLSearchParams(search)}`, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": user.name, "X-ClickHouse-Key": user.password },
  });
  return { code: response.headers.get("X-ClickHouse-Exception-Code"), text: (await response.text()).trimEnd() };
}

async function asAdmin(sql: string): Promise<string> {
  const { code, text } = await post(sql, { user: { name: opened.access.user, password: opened.access.password } });
  if (code !== null) throw new Error(text);
  return text;
}

const AUDIT = "(at, actor, action, subject, detail)";

beforeAll(async () => {
  opened = await openTestWarehouse();
  await asAdmin(
    `INSERT INTO engagement (partner, pseudonym, event_id, at, type, path) VALUES ('acme', unhex('${"ab".repeat(16)}'), generateUUIDv4(), '2026-11-03 10:00:00', 'page_view', '/a')`,
  );
  await asAdmin(`INSERT INTO audit ${AUDIT} VALUES (now64(3), '${SECRET}', 'x', '', '{}')`);
});
afterAll(() => opened[Symbol.asyncDispose]());

describe("an analyst on the embedded engine", () => {
  it.each(Object.entries(VIEWS))("reads every column of %s", async (view, { columns }) => {
    const { code, text } = await post(`DESCRIBE TABLE ${view} FORMAT JSONCompactColumns`);
    expect(code).toBeNull();
    expect((JSON.parse(text) as string[][])[0]).toEqual(columns.map(({ name }) => name)); // the columns of DESCRIBE
    expect((await post(`SELECT * FROM ${view} LIMIT 1`)).code).toBeNull();
  });

  it.each([
    ["SELECT count(), uniq(pseudonym) FROM engagement_v1", "1\t1"],
    ["SELECT count() FROM default.engagement_v1 AS e JOIN behaviour_v1 AS b USING (partner)", "0"],
    ["WITH some AS (SELECT path FROM engagement_v1) SELECT * FROM some", "/a"],
    ["WITH some AS (SELECT path FROM engagement_v1) SELECT count() FROM engagement_v1 WHERE path IN some", "1"],
    ["SELECT count() FROM engagement_v1 WHERE day IN (SELECT toDate('2026-11-03'))", "1"],
    ["SELECT count() FROM engagement_v1 WHERE path IN {paths:Array(String)}", "1"],
    ["SELECT n.number FROM numbers(2) AS n WHERE n.number > 0", "1"],
    ["SELECT path AS settings, 1 AS other FROM engagement_v1 ORDER BY settings", "/a\t1"],
    ["SELECT count() FROM engagement_v1 SETTINGS max_threads = 1, max_execution_time = 60", "1"],
    ["(SELECT 1) UNION ALL (SELECT 1)", "1\n1"],
    ["SELECT version() != '', timezone()", "1\tUTC"],
    ["SHOW TABLES", Object.keys(VIEWS).toSorted().join("\n")],
    [
      "SELECT name FROM system.tables WHERE database = 'default' ORDER BY name",
      Object.keys(VIEWS).toSorted().join("\n"),
    ],
    ["SELECT count() FROM system.columns AS c WHERE table = 'engagement'", "0"],
    ["SELECT count() FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = 'default'", String(Object.keys(VIEWS).length)],
    ["SELECT count() FROM information_schema.columns WHERE table_name = 'audit'", "0"],
    ["SELECT view_definition != '' FROM information_schema.views WHERE table_name = 'records_v1'", "1"],
    ["SHOW COLUMNS FROM engagement", ""],
    ["EXISTS TABLE engagement_v1", "1"],
  ])("is answered %s", async (sql, answer) => {
    expect(await post(sql, { search: { param_paths: "['/a']" } })).toEqual({ code: null, text: answer });
  });

  it("cannot do anything without its password", async () => {
    expect((await post("SELECT 1", { user: { name: ANALYST.name, password: "guessed" } })).code).toBe("516");
  });
});

const DENIED = "497";
const READONLY = "164";
/** This engine has no such function; where a later one does, it is not on the list of those that are allowed. */
const ABSENT = "46";

/** Ways out, each with the number of the error that must stand in the way. */
const BREAKOUTS: readonly (readonly [sql: string, code: string, search?: Record<string, string>])[] = [
  // Other tables.
  ["SELECT * FROM audit", DENIED],
  ["SELECT * FROM default.engagement", DENIED],
  ['SELECT * FROM "audit"', DENIED],
  ["SELECT * FROM `default`.`audit` AS engagement_v1", DENIED],
  ["SELECT * FROM /* engagement_v1 */ audit -- engagement_v1", DENIED],
  ["FROM audit SELECT *", DENIED],
  ["SELECT * FROM engagement_v1, audit", DENIED],
  ["SELECT * FROM engagement_v1 GLOBAL ANY LEFT JOIN default.partners ON 1 = 1", DENIED],
  ["SELECT 1 UNION ALL SELECT count() FROM audit", DENIED],
  ["SELECT 1 EXCEPT SELECT count() FROM audit", DENIED],
  ["SELECT (SELECT max(actor) FROM audit)", DENIED],
  ["SELECT EXISTS(SELECT 1 FROM audit)", DENIED],
  ["SELECT tuple(1, 2) IN restricted", DENIED],
  ["SELECT arrayExists(x -> x GLOBAL NOT IN default.restricted, [tuple('', '')])", DENIED],
  ["SELECT in(1, audit)", DENIED],
  ["SELECT * FROM {table:Identifier}", DENIED, { param_table: "audit" }],
  [
    "SELECT * FROM {database:Identifier}.{table:Identifier}",
    DENIED,
    { param_database: "default", param_table: "audit" },
  ],
  // Names that a statement defines itself, and a table in their place.
  ["WITH x AS (SELECT * FROM audit) SELECT * FROM x", DENIED],
  ["WITH RECURSIVE x AS (SELECT actor FROM audit UNION ALL SELECT actor FROM x) SELECT * FROM x", DENIED],
  ["SELECT * FROM audit, (WITH audit AS (SELECT 1) SELECT * FROM audit) AS y", DENIED],
  ["WITH audit AS (SELECT 1) SELECT * FROM default.audit", DENIED],
  [
    "SELECT * FROM processes, (WITH processes AS (SELECT 1) SELECT * FROM processes) AS y",
    DENIED,
    { database: "system" },
  ],
  // What the engine knows about itself and others.
  ["SELECT * FROM system.processes", DENIED],
  ["SELECT * FROM system.query_log", DENIED],
  ["SELECT * FROM system.server_settings", DENIED],
  ["SELECT * FROM system.parts", DENIED],
  ["SELECT * FROM system.users", DENIED],
  ["SELECT * FROM system.new_table_of_a_later_version", DENIED],
  ["SELECT * FROM parts", DENIED, { database: "system" }],
  ["SELECT 1", DENIED, { database: "elsewhere" }],
  ["SELECT * FROM system.processes AS `q\nx`", DENIED],
  ["SHOW PROCESSLIST", DENIED],
  ["SHOW GRANTS", DENIED],
  ["SHOW INDEX FROM engagement", DENIED],
  ["SHOW CREATE TABLE audit", DENIED],
  ["SHOW CREATE DATABASE default", DENIED],
  ["EXISTS TABLE audit", DENIED],
  ["EXISTS default.audit", DENIED],
  ["DESCRIBE TABLE audit", DENIED],
  ["DESCRIBE (SELECT * FROM audit)", DENIED],
  ["EXPLAIN SELECT * FROM audit", DENIED],
  ["EXPLAIN ESTIMATE SELECT * FROM engagement", DENIED],
  ["EXPLAIN TABLE OVERRIDE mysql('h', 'd', 't', 'u', 'p') COLUMNS (x Int)", DENIED],
  ["SELECT * FROM (EXPLAIN SELECT * FROM audit)", DENIED],
  ["USE elsewhere", DENIED],
  // Files, hosts, programs and tables by the name in a string.
  ["SELECT * FROM file('/etc/passwd', 'LineAsString')", DENIED],
  ["SELECT * FROM `/etc/passwd`", DENIED],
  ["SELECT * FROM url('http://127.0.0.1/', 'RawBLOB')", DENIED],
  ["SELECT * FROM s3('http://127.0.0.1/x', 'CSV')", DENIED],
  ["SELECT * FROM gcs('http://127.0.0.1/x', 'CSV')", DENIED],
  ["SELECT * FROM hdfs('hdfs://h/x', 'CSV', 'x String')", DENIED],
  ["SELECT * FROM azureBlobStorage('c', 'x', 'y')", DENIED],
  ["SELECT * FROM remote('127.0.0.1', default.audit)", DENIED],
  ["SELECT * FROM remoteSecure('127.0.0.1', default.audit)", DENIED],
  ["SELECT * FROM cluster('default', default.audit)", DENIED],
  ["SELECT * FROM clusterAllReplicas('default', default.audit)", DENIED],
  ["SELECT * FROM executable('id', 'TSV', 'x String')", DENIED],
  ["SELECT * FROM mysql('h', 'd', 't', 'u', 'p')", DENIED],
  ["SELECT * FROM postgresql('h', 'd', 't', 'u', 'p')", DENIED],
  ["SELECT * FROM mongodb('h', 'd', 'c', 'u', 'p', 'x String')", DENIED],
  ["SELECT * FROM redis('h:1', 'k', 'k String')", DENIED],
  ["SELECT * FROM sqlite('/tmp/x', 't')", DENIED],
  ["SELECT * FROM jdbc('x', 'y', 'z')", DENIED],
  ["SELECT * FROM odbc('x', 'y', 'z')", DENIED],
  ["SELECT * FROM input('x String')", DENIED],
  ["SELECT _table FROM merge('default', '^audit$')", DENIED],
  ["SELECT * FROM merge('^audit$')", DENIED],
  ["SELECT * FROM loop(default.audit)", DENIED],
  ["SELECT * FROM viewIfPermitted(SELECT * FROM audit ELSE null('x String'))", DENIED],
  ["SELECT * FROM view(SELECT * FROM audit)", DENIED],
  ["SELECT * FROM fuzzJSON('x', '{}')", DENIED],
  ["SELECT * FROM fuzzQuery('SELECT 1')", DENIED],
  ["SELECT * FROM eval('SELECT * FROM audit')", DENIED],
  ["SELECT * FROM dictionary('audit')", DENIED],
  ["SELECT * FROM mergeTreeIndex(default, audit)", DENIED],
  ["SELECT file('/etc/passwd')", DENIED],
  ["SELECT joinGet('default.audit', 'actor', 1)", DENIED],
  ["SELECT dictGet('default.audit', 'actor', 1)", DENIED],
  ["SELECT dictGetStringOrDefault('d', 'a', 1, '')", DENIED],
  ["SELECT hasColumnInTable('default', 'audit', 'actor')", DENIED],
  ["SELECT catboostEvaluate('/etc/passwd', 1)", DENIED],
  ["SELECT getServerSetting('path')", DENIED],
  ["SELECT getMacro('shard')", DENIED],
  ["SELECT aiGenerate('x')", DENIED],
  ["SELECT sleep(3)", DENIED],
  // Functions over all that there is, and what is only a table by another way of writing.
  ["SELECT * FROM MERGE('default', 'audit')", DENIED],
  ["SELECT * FROM merge(REGEXP('.*'), '^audit$')", DENIED],
  ["SELECT * FROM view(SELECT * FROM view(SELECT * FROM audit))", DENIED],
  ["SELECT * FROM numbers((SELECT count() FROM audit))", DENIED],
  ["SELECT * FROM numbers(1) WHERE number IN (SELECT 1 FROM audit)", DENIED],
  ["SELECT * FROM numbers(1) PREWHERE number IN audit", DENIED],
  ["SELECT * FROM engagement_v1 WHERE path IN (audit)", DENIED],
  ["SELECT path FROM engagement_v1 ORDER BY (SELECT max(actor) FROM audit)", DENIED],
  ["SELECT path FROM engagement_v1 LIMIT (SELECT count() FROM audit)", DENIED],
  ["SELECT path FROM engagement_v1 GROUP BY path HAVING (SELECT count() FROM audit) > 0", DENIED],
  ["SELECT arrayMap(x -> (SELECT max(actor) FROM audit), [1])", DENIED],
  ["SELECT count() OVER (PARTITION BY (SELECT max(actor) FROM audit)) FROM engagement_v1", DENIED],
  [
    "SELECT * FROM engagement_v1 ASOF JOIN audit ON engagement_v1.partner = audit.actor AND engagement_v1.at > audit.at",
    DENIED,
  ],
  ["SELECT * FROM (engagement_v1 INNER JOIN audit ON 1 = 1)", DENIED],
  ["SELECT * FROM engagement_v1 ARRAY JOIN (SELECT groupArray(actor) FROM audit) AS actor", DENIED],
  ["SELECT * FROM values('x String', (SELECT max(actor) FROM audit))", DENIED],
  ["SELECT * FROM format(CSV, (SELECT max(actor) FROM audit))", DENIED],
  ["SELECT * FROM generateRandom((SELECT max(actor) FROM audit))", DENIED],
  ["SELECT * FROM audit FINAL SAMPLE 1 / 2", DENIED],
  ["SELECT * FROM default . audit", DENIED],
  ["SELECT * FROM default/**/./**/audit", DENIED],
  ["SELECT * FROM \u00abaudit\u00bb", "62"],
  ["SELECT * FROM `default.audit`", DENIED],
  ["SELECT * FROM `default`.`.inner_id.x`", DENIED],
  ["SELECT * FROM _temporary_and_external_tables.audit", DENIED],
  ["SELECT audit.* FROM audit", DENIED],
  ["SELECT COLUMNS('.*') FROM audit", DENIED],
  ["SELECT * EXCEPT (at) FROM audit", DENIED],
  ["SELECT * FROM engagement_v1 UNION DISTINCT (SELECT actor FROM audit)", DENIED],
  ["(SELECT 1) INTERSECT (SELECT count() FROM audit)", DENIED],
  ["WITH (SELECT max(actor) FROM audit) AS x SELECT x", DENIED],
  ["WITH engagement_v1 AS (SELECT * FROM audit) SELECT * FROM engagement_v1", DENIED],
  ["WITH engagement_v1 AS (SELECT 1) SELECT * FROM (WITH y AS (SELECT * FROM audit) SELECT * FROM y)", DENIED],
  ["WITH audit AS (SELECT 1) SELECT * FROM (SELECT * FROM audit), default.audit", DENIED],
  ["WITH x AS MATERIALIZED (SELECT * FROM audit) SELECT * FROM x", DENIED],
  ["SELECT actor FROM audit QUALIFY row_number() OVER () = 1", DENIED],
  ["TABLE audit", READONLY],
  ["VALUES (1)", READONLY],
  ["SELECT {query:String} FROM audit", DENIED, { param_query: "1" }],
  ["SELECT * FROM {name:String}", "62", { param_name: "audit" }],
  ["SELECT * FROM view({q:Identifier})", "62", { param_q: "audit" }],
  ["SELECT * FROM merge({database:Identifier}, 'audit')", DENIED, { param_database: "default" }],
  ["SELECT * FROM numbers({n:UInt64}); SELECT * FROM audit", "62", { param_n: "1" }],
  ["SELECT 1; -- one\nSELECT * FROM audit", "62"],
  ["SELECT 1 /* ; */; /* SELECT */ SELECT * FROM audit", "62"],
  ["EXPLAIN AST SELECT * FROM audit", DENIED],
  ["EXPLAIN SYNTAX SELECT * FROM audit", DENIED],
  ["EXPLAIN QUERY TREE SELECT * FROM audit", DENIED],
  ["EXPLAIN PLAN header = 1 SELECT * FROM audit", DENIED],
  ["EXPLAIN PIPELINE SELECT * FROM audit", DENIED],
  ["EXPLAIN CURRENT TRANSACTION", DENIED],
  ["EXPLAIN SELECT * FROM (EXPLAIN AST SELECT * FROM audit)", DENIED],
  ["DESCRIBE TABLE file('/etc/passwd', 'LineAsString')", DENIED],
  ["DESCRIBE TABLE merge('default', 'audit')", DENIED],
  ["DESCRIBE (SELECT (SELECT max(actor) FROM audit))", DENIED],
  ["EXISTS DICTIONARY default.audit", DENIED],
  ["EXISTS DATABASE elsewhere", DENIED],
  ["SHOW TABLES FROM elsewhere", "81"],
  ["SHOW DICTIONARIES", DENIED],
  ["SHOW CREATE USER ada", DENIED],
  ["SHOW ACCESS", DENIED],
  ["SHOW USERS", DENIED],
  ["SHOW ROLES", DENIED],
  ["SHOW CURRENT ROLES", DENIED],
  ["SHOW POLICIES", DENIED],
  ["SHOW QUOTAS", DENIED],
  ["SHOW ENGINES", DENIED],
  ["SHOW CLUSTERS", DENIED],
  ["SHOW FILESYSTEM CACHES", DENIED],
  ["SHOW MERGES", DENIED],
  // More of what the engine knows, also by its other names.
  ...[
    ...["asynchronous_loader", "backup_log", "backups", "blob_storage_log", "certificates", "clusters", "codecs"],
    ...["current_roles", "dropped_tables", "disks", "detached_parts", "distribution_queue", "dashboards", "dns_cache"],
    ...[
      "enabled_roles",
      "error_log",
      "errors",
      "events",
      "filesystem_cache",
      "grants",
      "graphite_retentions",
      "jemalloc_bins",
    ],
    ...["kafka_consumers", "macros", "merges", "metrics", "metric_log", "moves", "mutations", "named_collections"],
    ...["parts_columns", "part_log", "projections", "query_cache", "query_thread_log", "quotas", "remote_data_paths"],
    ...["replicas", "role_grants", "roles", "row_policies", "schema_inference_cache", "scheduler", "session_log"],
    ...["settings_profiles", "stack_trace", "storage_policies", "symbols", "text_log", "trace_log", "transactions"],
    ...[
      "user_defined_functions",
      "user_directories",
      "user_processes",
      "view_refreshes",
      "warnings",
      "workloads",
      "zookeeper",
    ],
  ].map((table) => [`SELECT * FROM system.${table}`, DENIED] as const),
  ["SELECT * FROM SYSTEM.processes", DENIED],
  ["SELECT * FROM `system`.`processes`", DENIED],
  ["SELECT * FROM information_schema.`../system.processes`", DENIED],
  ["SELECT * FROM merge('system', '^processes$')", DENIED],
  ["SELECT * FROM merge('information_schema', '.*')", DENIED],
  ["SELECT * FROM mergeTreeProjection(default, audit, x)", DENIED],
  ["SELECT * FROM mergeTreeParts(default, audit)", ABSENT],
  ["SELECT * FROM clusterAllReplicas(test_cluster, system.one)", DENIED],
  ["SELECT * FROM remote('127.0.0.1:9000', system.one)", DENIED],
  ["SELECT * FROM urlCluster('c', 'http://127.0.0.1/', 'CSV')", DENIED],
  ["SELECT * FROM fileCluster('c', '/etc/passwd', 'LineAsString')", DENIED],
  ["SELECT * FROM s3Cluster('c', 'http://127.0.0.1/x', 'CSV')", DENIED],
  ["SELECT * FROM deltaLake('http://127.0.0.1/x')", DENIED],
  ["SELECT * FROM iceberg('http://127.0.0.1/x')", DENIED],
  ["SELECT * FROM hudi('http://127.0.0.1/x')", DENIED],
  ["SELECT * FROM ytsaurus('x', 'y', 'z', 'a String')", DENIED],
  ["SELECT * FROM arrowFlight('127.0.0.1:1', 'x')", ABSENT],
  ["SELECT * FROM prometheusQuery('default', 'audit', 'x', now())", DENIED],
  ["SELECT * FROM timeSeriesData(default.audit)", DENIED],
  ["SELECT * FROM paimon('http://127.0.0.1/x')", DENIED],
  ["SELECT * FROM python('x')", ABSENT],
  ["SELECT * FROM Python(audit)", ABSENT],
  ["SELECT * FROM hive('thrift://127.0.0.1:1', 'd', 't', 'a String', 'a')", ABSENT],
  ["SELECT * FROM executable('id', TabSeparated, 'x String', (SELECT 1))", DENIED],
  ["SELECT executable('id')", DENIED],
  ["SELECT dictHas('default.audit', 1)", DENIED],
  ["SELECT dictGetHierarchy('default.audit', 1)", DENIED],
  ["SELECT DICTGET('default.audit', 'actor', 1)", DENIED],
  ["SELECT joinGetOrNull('default.audit', 'actor', 1)", DENIED],
  ["SELECT getClientHTTPHeader('authorization')", DENIED],
  ["SELECT * FROM numbers(1) WHERE file('/etc/passwd') != ''", DENIED],
  ["SELECT arrayMap(x -> file(x), ['/etc/passwd'])", DENIED],
  ["SELECT addressToLine(1)", DENIED],
  ["SELECT demangle(addressToSymbol(1))", DENIED],
  ["SELECT filesystemAvailable()", DENIED],
  ["SELECT showCertificate()", DENIED],
  ["SELECT serverUUID()", DENIED],
  ["SELECT initializeAggregation('nothing', 1), evalMLMethod(1, 2)", DENIED],
  // Settings: of the statement, after the format, in a subquery, in the URL.
  ["SELECT 1 SETTINGS readonly = 0", READONLY],
  ["SELECT 1", READONLY, { readonly: "0" }],
  ["SET readonly = 0", READONLY],
  ["SELECT actor SETTINGS implicit_table_at_top_level = 'audit'", READONLY],
  ["SELECT actor", READONLY, { implicit_table_at_top_level: "audit" }],
  ["from audit", READONLY, { dialect: "prql" }],
  ["SHOW TABLES", READONLY, { additional_table_filters: "{}" }],
  ["SELECT * FROM (SELECT 1 SETTINGS additional_result_filter = '1 IN (SELECT 1 FROM default.audit)')", READONLY],
  ["SELECT 1 SETTINGS max_threads = 1, `additional_table_filters` = {}", READONLY],
  ["SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'", READONLY],
  ["SELECT * FROM format(Template, 'x') SETTINGS format_template_row = '/etc/passwd'", READONLY],
  ["SELECT 1 FORMAT Protobuf", READONLY, { output_format_schema: "/tmp/roebuck-breakout.proto" }],
  ["SELECT 1 FORMAT Protobuf SETTINGS format_schema = '/etc/passwd:X'", READONLY],
  ["SELECT 1 SETTINGS max_memory_usage = 0", READONLY],
  ["SELECT 1 SETTINGS max_memory_usage = 900000000000", READONLY],
  ["SELECT 1", READONLY, { max_execution_time: "0" }],
  ["SELECT 1 SETTINGS max_execution_time = 86400", READONLY],
  ["SELECT 1", READONLY, { max_result_bytes: "0" }],
  ["SELECT 1 SETTINGS allow_introspection_functions = 1", READONLY],
  ["SELECT 1 SETTINGS max_result_rows = 1, readonly = 1", READONLY],
  ["SELECT 1 SETTINGS log_comment = 'another'", READONLY],
  ["SELECT 1 SETTINGS profile = 'default'", READONLY],
  ["SELECT 1", READONLY, { profile: "default" }],
  ["SELECT 1", READONLY, { allow_ddl: "1" }],
  ["SELECT 1", READONLY, { additional_result_filter: "1 IN (SELECT 1 FROM default.audit)" }],
  ["SELECT 1", READONLY, { format_schema_source: "query", format_schema: "SELECT actor FROM audit" }],
  [
    "SELECT 1 SETTINGS format_schema_source = 'query', format_schema = 'SELECT actor FROM audit' FORMAT Protobuf",
    READONLY,
  ],
  ["SELECT 1 SETTINGS session_timezone = 'UTC', sql_security_default_view_definer = 'x'", READONLY],
  ["SELECT 1 SETTINGS limit = 1, min_bytes_to_use_direct_io = 1", READONLY],
  ["SELECT 1 SETTINGS allow_experimental_analyzer = 0", READONLY],
  ["SELECT 1 SETTINGS max_memory_usage_for_user = 0", READONLY],
  ["SELECT 1 SETTINGS user_files_path = '/'", READONLY],
  // Whatever is not reading.
  ["SET ROLE ALL", READONLY],
  ["SET DEFAULT ROLE ALL TO ada", READONLY],
  ["SET param_table = 'audit'", READONLY],
  ["BEGIN TRANSACTION", READONLY],
  ["DELETE FROM audit WHERE 1", READONLY],
  ["UPDATE audit SET actor = '' WHERE 1", READONLY],
  ["CREATE USER eve", READONLY],
  ["CREATE ROLE eve", READONLY],
  ["CREATE ROW POLICY p ON audit USING 1 TO ada", READONLY],
  ["CREATE NAMED COLLECTION c AS x = 1", READONLY],
  ["CREATE DATABASE d ENGINE = MySQL('h', 'd', 'u', 'p')", READONLY],
  ["CREATE TABLE t (x String) ENGINE = File(CSV, '/tmp/roebuck-breakout')", READONLY],
  ["CREATE TABLE t (x String) ENGINE = URL('http://127.0.0.1/', CSV)", READONLY],
  ["CREATE MATERIALIZED VIEW m ENGINE = Memory AS SELECT * FROM audit", READONLY],
  ["CREATE WINDOW VIEW w AS SELECT count() FROM audit GROUP BY tumble(at, INTERVAL 1 SECOND)", READONLY],
  ["CREATE OR REPLACE VIEW engagement_v1 AS SELECT * FROM audit", READONLY],
  ["CREATE FUNCTION f AS () -> (SELECT max(actor) FROM audit)", READONLY],
  ["DROP VIEW engagement_v1", READONLY],
  ["UNDROP TABLE audit", READONLY],
  ["MOVE USER ada TO disk", READONLY],
  ["WATCH audit", READONLY],
  ["KILL MUTATION WHERE 1", READONLY],
  ["KILL QUERY WHERE 1 SYNC", READONLY],
  ["SYSTEM RELOAD CONFIG", READONLY],
  ["SYSTEM DROP MARK CACHE", READONLY],
  ["SYSTEM ENABLE FAILPOINT x", READONLY],
  ["REVOKE ALL ON *.* FROM roebuck", READONLY],
  ["RESTORE TABLE audit FROM File('/tmp/roebuck-breakout')", READONLY],
  ["BACKUP ALL TO Disk('default', 'x')", READONLY],
  ["EXPLAIN INSERT INTO audit SELECT * FROM audit", DENIED],
  ["EXPLAIN BACKUP TABLE audit TO Null", "62"],
  ["SELECT 1 INTO\n/* x */ OUTFILE '/tmp/roebuck-breakout'", "358"],
  ["SELECT 1 INTO OUTFILE '/tmp/roebuck-breakout' TRUNCATE", "358"],
  ["SELECT 1 FROM engagement_v1 INTO OUTFILE '/tmp/roebuck-breakout' AND STDOUT FORMAT CSV", "358"],
  ["EXPLAIN SELECT 1 INTO OUTFILE '/tmp/roebuck-breakout'", "358"],
  ["INSERT INTO audit VALUES (1)", READONLY],
  ["INSERT INTO audit SELECT * FROM audit", READONLY],
  ["INSERT INTO FUNCTION file('/tmp/roebuck-breakout', 'CSV') SELECT 1", READONLY],
  ["CREATE VIEW mine AS SELECT * FROM audit", READONLY],
  ["CREATE TEMPORARY TABLE mine AS SELECT * FROM audit", READONLY],
  [
    "CREATE DICTIONARY d (id UInt64) PRIMARY KEY id SOURCE(FILE(path '/etc/passwd' format 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    READONLY,
  ],
  ["CREATE FUNCTION f AS x -> x", READONLY],
  ["ALTER TABLE audit DELETE WHERE 1", READONLY],
  ["DROP TABLE audit", READONLY],
  ["DETACH TABLE audit", READONLY],
  ["ATTACH TABLE audit", READONLY],
  ["RENAME TABLE audit TO engagement_v2", READONLY],
  ["EXCHANGE TABLES audit AND engagement_v1", READONLY],
  ["TRUNCATE TABLE audit", READONLY],
  ["OPTIMIZE TABLE audit", READONLY],
  ["CHECK TABLE audit", READONLY],
  ["SYSTEM SHUTDOWN", READONLY],
  ["SYSTEM FLUSH LOGS", READONLY],
  ["KILL QUERY WHERE 1", READONLY],
  ["GRANT ALL ON *.* TO ada", READONLY],
  ["BACKUP TABLE audit TO File('/tmp/roebuck-breakout')", READONLY],
  ["EXECUTE AS admin SELECT 1", READONLY],
  ["SELECT 1 INTO OUTFILE '/tmp/roebuck-breakout'", "358"],
  ["SELECT \u2018'\u2019, 1 INTO OUTFILE '/tmp/roebuck-breakout' FORMAT Null", "358"],
  ["SELECT 1; SELECT * FROM audit", "62"],
  ["SELECT 1;\u00a0DROP TABLE audit", "62"],
  ["SELECT \u2018;\u2019 PARALLEL WITH DROP TABLE audit", DENIED],
];

describe("an analyst cannot break out", () => {
  it("by any of more than two hundred ways", () => {
    expect(BREAKOUTS.length).toBeGreaterThan(200);
  });

  it.each(BREAKOUTS.map(([sql, code, search = {}]) => [sql, code, search] as const))(
    "by %s",
    async (sql, code, search) => {
      const answer = await post(sql, { search });
      expect(answer).toMatchObject({ code });
      for (const secret of [SECRET, "root:"]) expect(answer.text).not.toContain(secret);
    },
  );

  it.each([
    ["rows without end", "SELECT * FROM numbers(1000000000000) FORMAT RowBinary", {}],
    ["a set that fills the memory", "SELECT groupArray(number) FROM numbers(1000000000000)", {}],
    [
      "more time than a statement may take",
      "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1",
      { max_execution_time: "1" },
    ],
  ])("by %s", async (_, sql, search) => {
    expect(["159", "241", "307", "396"]).toContain((await post(sql, { search })).code);
  });

  it("by any function of the engine that takes a table or a file by a name in a string", async () => {
    const names = await asAdmin(
      "SELECT name FROM system.functions WHERE match(name, '^(dict|joinGet|file|ai[A-Z]|sleep|address)') AND name NOT LIKE 'dictionary%'",
    );
    expect(names.split("\n").length).toBeGreaterThan(40);
    for (const name of names.split("\n"))
      expect([name, (await post(`SELECT ${name}('x')`)).code]).toEqual([name, DENIED]);
  });

  it("by anything of that: no file is there, and all is as it was", async () => {
    expect(existsSync("/tmp/roebuck-breakout")).toBe(false);
    expect(existsSync("/tmp/roebuck-breakout.proto")).toBe(false);
    expect(existsSync(join(opened.folder, "ch", "store"))).toBe(true);
    expect(await asAdmin("SELECT count() FROM audit")).toBe("1");
  });

  it("once it is taken off", async () => {
    const admin = { name: opened.access.user, password: opened.access.password, role: "admin" } as const;
    opened.engine.setUsers([admin]);
    while ((await post("SELECT 1")).code !== "516") await new Promise((resolve) => setTimeout(resolve, 20));
    opened.engine.setUsers([admin, ANALYST]);
    while ((await post("SELECT 1")).code !== null) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
