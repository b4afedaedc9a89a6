import { describe, expect, it } from "vitest";
import { planInsert, planStatement, type Role } from "../../../../../transform/warehouse/embedded/plan.ts";
import { parseRequest } from "../../../../../transform/warehouse/embedded/request.ts";
import { findInsertRows, parseStatement } from "../../../../../transform/warehouse/embedded/statement.ts";

const plan = (
  sql: string,
  { role = "admin", url = "/", method = "POST" }: { role?: Role; url?: string; method?: string } = {},
) => planStatement(parseStatement(sql), parseRequest(method, url, {}), role);

describe("planStatement()", () => {
  it.each([
    ["SELECT 1 FORMAT JSONEachRow", "file"],
    ["SELECT 1", "file"],
    ["SELECT 1 FORMAT JSON", "file"],
    ["SELECT 1 FORMAT CSVWithNames", "file"],
    ["SELECT 1 FORMAT Null", "bytes"],
    ["SHOW TABLES", "bytes"],
    ["DROP TABLE t", "bytes"],
  ])("answers %s in %s", (sql, answer) => {
    expect(plan(sql).answer).toBe(answer);
  });

  it.each([
    ["SELECT 1", "admin", "POST", "read"],
    ["SELECT 1", "admin", "GET", "reader"],
    ["SELECT 1", "reader", "POST", "reader"],
    ["SELECT 1", "analyst", "POST", "analyst"],
    ["SELECT 1", "analyst", "GET", "analyst"],
    ["DROP TABLE t", "admin", "POST", "administration"],
    ["DROP TABLE t", "admin", "GET", "reader"],
  ] as const)("runs %s of a %s by %s among %s", (sql, role, method, lane) => {
    expect(plan(sql, { role, method }).lane).toBe(lane);
  });

  it.each([
    ["admin", undefined],
    ["reader", "reader"],
    ["analyst", "analyst"],
  ] as const)("looks at what a statement of a %s reaches as %s", (role, checkedAs) => {
    expect(plan("SELECT 1", { role }).checkedAs).toBe(checkedAs);
  });

  it("never uses a session again that may keep what a statement set", () => {
    const isLast = (sql: string, url = "/") => plan(sql, { url }).isLastOfSession;
    expect([isLast("SET a = 1"), isLast("USE x"), isLast("1 + 1")]).toEqual([true, true, true]);
    expect([isLast("INSERT INTO t SELECT 1", "/?max_threads=1"), isLast("DROP TABLE t")]).toEqual([true, false]);
    expect([isLast("SELECT 1"), isLast("SELECT 1", "/?max_threads=1")]).toEqual([false, false]);
  });

  it("knows queries by their sender's ids, and waits for no ended one", () => {
    expect(plan("KILL QUERY WHERE query_id = 'query_id' SYNC").sql).toBe(
      "KILL QUERY WHERE Settings['log_comment'] = 'query_id' ASYNC",
    );
    expect(plan("KILL MUTATION WHERE table = 't' SYNC").sql).toBe("KILL MUTATION WHERE table = 't' SYNC");
  });

  it.each([
    ["SELECT {a:UInt8}", "UNKNOWN_QUERY_PARAMETER", "admin"],
    ["INSERT INTO t SELECT 1", "READONLY", "reader"],
    ["SET a = 1", "READONLY", "reader"],
  ] as const)("refuses %s with %s", (sql, name, role) => {
    expect(() => plan(sql, { role })).toThrow(name);
  });

  it("takes no format that could be more than a name", () => {
    expect(() => plan("SELECT 1", { url: "/?default_format=CSV%20SETTINGS%20x%3D1" })).toThrow("UNKNOWN_FORMAT");
  });
});

describe("planInsert()", () => {
  const of = (sql: string, settings: Record<string, string> = {}) => {
    const rows = findInsertRows(sql);
    if (rows === undefined) throw new Error("No rows in the statement of this test");
    return planInsert(rows, "/f/1", new Map(Object.entries(settings)));
  };

  it("puts the request's settings inside the statement, where they end with it", () => {
    const { sql, tally } = of("INSERT INTO t (a) FORMAT CSV\n1", { insert_deduplication_token: "it's" });
    expect(sql).toBe(
      "INSERT INTO t (a)\nFROM INFILE '/f/1' SETTINGS insert_deduplication_token = 'it\\'s', async_insert = '0'\nFORMAT CSV",
    );
    expect(tally).toBeUndefined();
  });

  it("lets the statement's own settings win, and never inserts asynchronously", () => {
    const { sql } = of("INSERT INTO t SETTINGS max_threads = 1 FORMAT CSV\n1", { max_threads: "2", async_insert: "1" });
    expect(sql).toContain("SETTINGS max_threads = 1\n, async_insert = '0'\n");
    expect(sql).not.toContain("'2'");
  });

  it("reads columns with the table's structure and counts them beside", () => {
    const { sql, tally } = of("INSERT INTO t FORMAT ArrowStream\nARROW");
    expect(sql).toMatch(/^INSERT INTO t\nSETTINGS .*\nSELECT \* FROM file\('\/f\/1', 'ArrowStream'\)$/);
    expect(tally).toBe("SELECT count() FROM file('/f/1', 'ArrowStream')");
  });
});
