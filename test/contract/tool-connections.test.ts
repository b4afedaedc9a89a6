import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toUnpacked } from "../fixtures/blocks.ts";
import { ANALYST, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

// What analysts' tools send when they connect, 2026-11, as seen on the wire from clickhouse-connect 1.12.0, clickhouse-jdbc
// 0.9.4 and clickhouse-go 2.51.0. `npm run test:drivers` has the drivers themselves.

interface Call {
  readonly sql: string;
  readonly search?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly method?: "GET";
}

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened[Symbol.asyncDispose]());

const BASIC = `Basic ${Buffer.from(`${ANALYST.name}:${ANALYST.password}`).toString("base64")}`;

function send({ sql, search = {}, headers = { authorization: BASIC }, method }: Call): Promise<Response> {
  const parameters = new URLSearchParams(method === "GET" ? { ...search, query: sql } : search);
  return fetch(`${opened.access.url}/?${parameters}`, {
    method: method ?? "POST",
    headers,
    ...(method === "GET" ? {} : { body: sql }),
  });
}

const PYTHON = {
  date_time_input_format: "best_effort",
  cast_string_to_dynamic_use_inference: "1",
  session_id: "4054a6fc-7003-45f6-994c-242668b65b4a",
  cancel_http_readonly_queries_on_client_close: "1",
  wait_end_of_query: "1",
  send_progress_in_http_headers: "1",
  http_headers_progress_interval_ms: "120000",
};
const JAVA = {
  search: { compress: "1", async_insert: "0", wait_end_of_query: "0" },
  headers: {
    authorization: BASIC,
    "X-ClickHouse-Format": "RowBinaryWithNamesAndTypes",
    "X-ClickHouse-Database": "default",
  },
};
const GO = {
  search: { client_protocol_version: "54460", compress: "1", database: "default", default_format: "Native" },
};

const CALLS: Readonly<Record<string, readonly Call[]>> = {
  "Python's clickhouse-connect": [
    { sql: "SELECT version(), timezone()" },
    {
      sql: "SELECT name, value, readonly FROM system.settings LIMIT 10000\n FORMAT Native",
      search: { wait_end_of_query: "1" },
    },
    { sql: "SELECT 1 AS check\n FORMAT Native", search: { client_protocol_version: "54405" } },
    { sql: "SELECT hour, site, views FROM statistics_v1\n FORMAT Native", search: PYTHON },
    { sql: "SELECT count() FROM engagement_v1 WHERE partner = {p:String}", search: { ...PYTHON, param_p: "acme" } },
  ],
  "clickhouse-jdbc, which DBeaver uses": [
    { sql: "SELECT version() as server_version", ...JAVA },
    { sql: "SELECT name AS TABLE_SCHEM, '' AS TABLE_CATALOG FROM system.databases ORDER BY name", ...JAVA },
    { sql: "SELECT t.name, d.engine FROM system.tables t JOIN system.databases d ON t.database = d.name", ...JAVA },
    { sql: "SELECT database, table, name, type FROM system.columns WHERE database ILIKE 'default'", ...JAVA },
    { sql: "SELECT name, case_insensitive, alias_to FROM system.data_type_families", ...JAVA },
    { sql: "SELECT name::Nullable(String), origin FROM system.functions WHERE name LIKE '%'", ...JAVA },
  ],
  "clickhouse-go, which Grafana uses": [
    { sql: "SELECT displayName(), version(), revision(), timezone()", search: { ...GO.search, compress: "0" } },
    { sql: "SELECT timeZone()", ...GO },
    { sql: "SELECT 1", search: { ...GO.search, max_execution_time: "60" } },
    { sql: "SELECT name FROM system.databases", ...GO },
    { sql: "SHOW TABLES", ...GO },
    { sql: "DESC TABLE `default`.`engagement_v1`", ...GO },
  ],
  "clickhouse-client over HTTP, and curl": [
    { sql: "SELECT 1", method: "GET" },
    { sql: "SELECT 1", method: "GET", search: { user: ANALYST.name, password: ANALYST.password }, headers: {} },
    { sql: "SELECT 1", headers: { "X-ClickHouse-User": ANALYST.name, "X-ClickHouse-Key": ANALYST.password } },
    { sql: "SELECT name FROM system.formats FORMAT JSON", search: { output_format_json_quote_64bit_integers: "0" } },
  ],
};

describe.each(Object.entries(CALLS))("what %s sends", (_, calls) => {
  it.each(calls)("is answered: $sql", async (call) => {
    const answer = await send(call);
    const body = Buffer.from(await answer.arrayBuffer());
    expect([answer.status, answer.status === 200 ? "" : body.toString()]).toEqual([200, ""]);
    expect(answer.headers.get("X-ClickHouse-Timezone")).toBe("UTC");
    const summary = JSON.parse(answer.headers.get("X-ClickHouse-Summary") ?? "");
    for (const name of ["read_rows", "read_bytes", "written_rows", "result_rows", "elapsed_ns"]) {
      expect(summary[name]).toMatch(/^\d+$/);
    }
    if (call.search?.compress === "1") expect(toUnpacked(body).length).toBeGreaterThan(0);
  });
});

describe("the HTTP interface to tools", () => {
  it("sends the same bytes with compress=1 as without", async () => {
    const sql = "SELECT number, repeat('x', 50) FROM numbers(20000) FORMAT Native";
    const plain = Buffer.from(await (await send({ sql })).arrayBuffer());
    const blocks = Buffer.from(await (await send({ sql, search: { compress: "1" } })).arrayBuffer());
    expect(toUnpacked(blocks)).toEqual(plain);
  });

  it("sends errors as text whatever the compression", async () => {
    const answer = await send({ sql: "SELECT * FROM audit", ...GO });
    expect([answer.status, answer.headers.get("X-ClickHouse-Exception-Code")]).toEqual([403, "497"]);
    expect(await answer.text()).toContain("ACCESS_DENIED");
  });

  it.each([
    ["SELECT number FROM numbers(3)", "3"],
    ["SELECT number FROM numbers(3) WHERE number > 5", "0"],
  ])("counts the rows of %s for Java, which takes 0 for an empty result", async (sql, rows) => {
    const answer = await send({ sql, ...JAVA });
    await answer.arrayBuffer();
    expect(JSON.parse(answer.headers.get("X-ClickHouse-Summary") ?? "").result_rows).toBe(rows);
  });

  it.each([
    ["decompress=1", { search: { decompress: "1" } }],
    ["external tables", { headers: { authorization: BASIC, "content-type": "multipart/form-data; boundary=x" } }],
  ])("says that it does not know %s", async (_, parts) => {
    const answer = await send({ sql: "SELECT 1", ...parts });
    expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining("NOT_IMPLEMENTED")]);
  });
});
