import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../schemas/views.ts";
import { ANALYST, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

// The analysts' account on the embedded engine: what it can read, and forty ways and more to read something else.

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
  // Whatever is not reading.
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
  it("by any of more than forty ways", () => {
    expect(BREAKOUTS.length).toBeGreaterThan(40);
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
