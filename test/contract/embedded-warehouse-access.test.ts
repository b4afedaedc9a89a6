import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aWarehouse, READER, values, type WarehouseFixture } from "./embedded-warehouse-fixture.ts";

let fixture: WarehouseFixture;
beforeAll(async () => {
  fixture = await aWarehouse();
  await fixture.admin.command({ query: "CREATE TABLE pages (n UInt32) ENGINE = MergeTree ORDER BY n" });
  await fixture.admin.insert({ table: "pages", values: [{ n: 1 }, { n: 2 }], format: "JSONEachRow" });
});
afterAll(() => fixture[Symbol.asyncDispose]());

const ask = async (sql: string, search: Record<string, string> = {}) => {
  const response = await fixture.post(search, sql, {
    "X-ClickHouse-User": READER.name,
    "X-ClickHouse-Key": READER.password,
  });
  return { code: response.headers.get("X-ClickHouse-Exception-Code"), text: await response.text() };
};

describe("openEmbeddedWarehouse() to a reader", () => {
  it.each([
    "SELECT count() FROM pages",
    "WITH 1 AS one SELECT one FROM pages",
    "FROM pages SELECT n",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT number FROM numbers(3)",
    "SELECT '/a/b' AS path, 'file(x)' FORMAT JSON",
    "SELECT 1 AS `a/b`",
    "SELECT n FROM pages FORMAT Parquet",
    "SHOW TABLES",
    "DESCRIBE TABLE pages",
    "EXISTS TABLE pages",
    "EXPLAIN SELECT n FROM pages",
    "SELECT name FROM system.columns WHERE table = 'pages'",
    "SELECT getSetting('max_threads') SETTINGS max_threads = 1",
    "USE system",
  ])("answers %s", async (sql) => {
    expect((await ask(sql)).code).toBeNull();
  });

  it.each([
    "INSERT INTO pages VALUES (3)",
    "INSERT INTO pages SELECT 3",
    "CREATE TABLE other (n UInt32) ENGINE = Memory",
    "CREATE TEMPORARY TABLE other (n UInt32)",
    "ALTER TABLE pages DELETE WHERE 1",
    "DELETE FROM pages WHERE 1",
    "DROP TABLE pages",
    "TRUNCATE TABLE pages",
    "OPTIMIZE TABLE pages",
    "SYSTEM STOP MERGES",
    "KILL QUERY WHERE 1",
    "BACKUP TABLE pages TO File('/tmp/x')",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 FORMAT CSV SETTINGS readonly = 0",
  ])("refuses %s: it only reads", async (sql) => {
    expect(await ask(sql)).toMatchObject({ code: "164", text: expect.stringContaining("(READONLY)") });
  });

  it("cannot lift its being read-only in the URL", async () => {
    expect((await ask("SELECT 1", { readonly: "0" })).code).toBe("164");
  });

  it.each([
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM `file`('/etc/passwd')",
    "SELECT * FROM \"FILE\"('/etc/passwd')",
    "SELECT * FROM /* x */ file /* y */ ('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM pages, '/etc/passwd'",
    "SELECT * FROM default.`/etc/passwd`",
    "SELECT 'root' IN `/etc/passwd`",
    "SELECT * FROM `../store/status`",
    "SELECT * FROM 'http://127.0.0.1/'",
    "SELECT (SELECT count() FROM url('http://127.0.0.1/', 'RawBLOB'))",
    "WITH x AS (SELECT * FROM s3('http://127.0.0.1/x', 'CSV')) SELECT * FROM x",
    "SELECT * FROM view(SELECT * FROM remote('127.0.0.1', system.one))",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM executable('id', 'TSV', 'x String')",
    "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')",
    "SELECT * FROM merge('system', '.*')",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT file('/etc/passwd')",
    "SELECT aiGenerate('x')",
    "DESCRIBE TABLE file('/etc/passwd')",
    "DESCRIBE TABLE '/etc/passwd'",
    "EXPLAIN SELECT * FROM file('/etc/passwd')",
    "EXISTS TABLE `/etc/passwd`",
    "SELECT query FROM system.processes",
    "SHOW PROCESSLIST",
    "SELECT * FROM system.`query_log`",
  ])("refuses %s: it reaches beyond the warehouse", async (sql) => {
    expect(await ask(sql)).toMatchObject({ code: "497", text: expect.stringContaining("(ACCESS_DENIED)") });
  });

  it("refuses a file that hides in a parameter or behind the request's database", async () => {
    expect((await ask("SELECT * FROM {t:Identifier}", { param_t: "/etc/passwd" })).code).toBe("497");
    expect((await ask("SELECT * FROM processes", { database: "system" })).code).toBe("497");
  });

  it("refuses files on this side, and a second statement", async () => {
    expect((await ask("SELECT 1 INTO OUTFILE '/tmp/x'")).code).toBe("358");
    expect((await ask("SELECT 1; DROP TABLE pages")).code).toBe("62");
  });

  it("allows no table function that is not known to be harmless", async () => {
    const harmless =
      /^(format|generaterandom|generate_?series|null|numbers(_mt)?|primes|sqlstandardvalues|values|view|zeros(_mt)?)$/i;
    const functions = await values(fixture.admin, "SELECT name FROM system.table_functions");
    expect(functions.length).toBeGreaterThan(50);
    for (const name of functions.filter((one) => !harmless.test(one))) {
      // One of them has a grammar of its own, and is refused as no statement at all.
      expect(["497", "62"], name).toContain((await ask(`SELECT * FROM ${name}()`)).code);
    }
  });

  it("leaves everything as it was", async () => {
    expect(await values(fixture.admin, "SELECT n FROM pages ORDER BY n")).toEqual(["1", "2"]);
  });
});

describe("openEmbeddedWarehouse() to a reader who tries what no tree shows", () => {
  it.each([
    ["SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'", "164"],
    ["SELECT * FROM format(Template, 'x') SETTINGS format_template_row = '/etc/passwd'", "164"],
    ["SELECT 1 FORMAT Protobuf SETTINGS output_format_schema = '/tmp/roebuck-of-a-reader.proto'", "164"],
    ["SELECT n SETTINGS implicit_table_at_top_level = 'system.processes'", "164"],
    ["SELECT * FROM system.processes AS `q\nx`", "497"],
    ["SELECT joinGet('default.pages', 'n', 1)", "497"],
    ["SELECT \u2018'\u2019, 1 INTO OUTFILE '/tmp/x' FORMAT Null", "358"],
  ])("refuses %s", async (sql, code) => {
    const answer = await ask(sql);
    expect(answer).toMatchObject({ code });
    expect(answer.text).not.toContain("root:");
  });
});
