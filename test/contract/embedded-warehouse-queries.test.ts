import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN, aWarehouse, until, values, type WarehouseFixture } from "./embedded-warehouse-fixture.ts";

let fixture: WarehouseFixture;
beforeAll(async () => {
  fixture = await aWarehouse();
});
afterAll(() => fixture[Symbol.asyncDispose]());

describe("openEmbeddedWarehouse() to a client that asks", () => {
  it("answers a ping without and with credentials", async () => {
    expect(await (await fetch(`${fixture.warehouse.url}/ping`)).text()).toBe("Ok.\n");
    expect(await (await fetch(`${fixture.warehouse.url}/`)).text()).toBe("Ok.\n");
    expect(await fixture.admin.ping({ select: true })).toEqual({ success: true });
  });

  it("answers what clients ask when they connect", async () => {
    const { admin } = fixture;
    expect(await values(admin, "SELECT timezone()")).toEqual(["UTC"]);
    expect((await values(admin, "SELECT version()"))[0]).toMatch(/^\d+\.\d+/);
    expect(await values(admin, "SELECT currentDatabase()")).toEqual(["default"]);
    expect(await values(admin, "SELECT name FROM system.settings WHERE name = 'max_threads'")).toEqual(["max_threads"]);
    expect(await values(admin, "SELECT count() > 0 FROM system.tables")).toEqual(["1"]);
  });

  it.each(["JSON", "JSONEachRow", "JSONCompactEachRowWithNamesAndTypes"] as const)(
    "gives %s that its client can read",
    async (format) => {
      const result = await fixture.admin.query({ query: "SELECT 7 AS n, 'Zoë 🦌' AS who", format });
      expect(JSON.stringify(await result.json())).toContain("Zoë 🦌");
    },
  );

  it.each(["TabSeparatedWithNamesAndTypes", "CSVWithNames", "Pretty"])(
    "gives one %s document however long",
    async (format) => {
      const response = await fixture.post({}, `SELECT number AS n FROM numbers(200000) FORMAT ${format}`);
      expect((await response.text()).match(/\bn\b/g)?.length).toBe(format === "Pretty" ? 2 : 1);
    },
  );

  it("gives binary formats byte for byte", async () => {
    const bytes = await (await fixture.post({}, "SELECT unhex('00FF8090C328'), 'é🦌' FORMAT RowBinary")).bytes();
    expect(Buffer.from(bytes).toString("hex")).toBe(`0600ff8090c32806${Buffer.from("é🦌").toString("hex")}`);
    const parquet = Buffer.from(await (await fixture.post({}, "SELECT 1 AS a FORMAT Parquet")).bytes());
    expect([parquet.subarray(0, 4).toString(), parquet.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
  });

  it.each([
    ["{v:String}", "it's \\ a\ttab\nand 'quotes' 🦌"],
    ["toString({v:UInt64})", "18446744073709551615"],
    ["{v:Date}", "2026-11-24"],
    ["{v:Nullable(String)}", null],
    ["{v:Array(String)}", ["a'b", "c\\d"]],
    ["{v:Map(String, UInt8)}", { a: 1 }],
  ])("binds %s to what was given", async (placeholder, v) => {
    const query = `SELECT ${placeholder} AS v`;
    const result = await fixture.admin.query({ query, query_params: { v }, format: "JSONEachRow" });
    expect(await result.json()).toEqual([{ v }]);
  });

  it("binds names of tables, limits and long lists", async () => {
    const query = "SELECT number FROM numbers(10) WHERE toString(number) IN {ids:Array(String)} LIMIT {n:UInt8}";
    const ids = ["3", "4", "5", ...Array.from({ length: 40_000 }, (_, i) => `id-${i}`)];
    const result = await fixture.admin.query({ query, query_params: { ids, n: 2 }, format: "JSONCompactEachRow" });
    expect((await result.json<string[]>()).length).toBe(2);
    const named = await fixture.admin.query({
      query: "SELECT dummy FROM system.{t:Identifier}",
      query_params: { t: "one" },
      format: "JSONCompactEachRow",
    });
    expect(await named.json()).toEqual([[0]]);
  });

  it("never lends one request's parameters to another", async () => {
    await fixture.admin.query({
      query: "SELECT {secret:String}",
      query_params: { secret: "x" },
      format: "JSONEachRow",
    });
    const asked = fixture.admin.query({ query: "SELECT {secret:String}", format: "JSONEachRow" });
    await expect(asked).rejects.toMatchObject({ code: "456", type: "UNKNOWN_QUERY_PARAMETER" });
  });

  it("applies settings to the one request they came with", async () => {
    const query = "SELECT getSetting('max_block_size')";
    const ask = async (clickhouse_settings: { max_block_size?: string }) =>
      (
        await (await fixture.admin.query({ query, format: "JSONCompactEachRow", clickhouse_settings })).json<number[]>()
      )[0]?.[0];
    const before = await ask({});
    for (let i = 0; i < 10; i++) expect(await ask({ max_block_size: "77" })).toBe(77);
    for (let i = 0; i < 10; i++) expect(await ask({})).toBe(before);
    await fixture.post({}, "SET max_block_size = 5");
    for (let i = 0; i < 10; i++) expect(await ask({})).toBe(before);
  });

  it("keeps two settings clauses of a statement and those of the request apart", async () => {
    const query =
      "SELECT getSetting('max_block_size'), getSetting('max_threads'), getSetting('max_bytes_to_read') SETTINGS max_block_size = 8";
    const response = await fixture.post(
      { max_bytes_to_read: "999999" },
      `${query} FORMAT CSV SETTINGS max_threads = 3`,
    );
    expect(await response.text()).toBe("8,3,999999\n");
  });

  it("answers in the database that was asked for, for that request only", async () => {
    await fixture.admin.command({ query: "CREATE DATABASE IF NOT EXISTS elsewhere" });
    const there = fixture.client({ database: "elsewhere" });
    expect(await values(there, "SELECT currentDatabase()")).toEqual(["elsewhere"]);
    expect(await values(fixture.admin, "SELECT currentDatabase()")).toEqual(["default"]);
    const nowhere = fixture.client({ database: "nowhere" });
    await expect(values(nowhere, "SELECT 1")).rejects.toMatchObject({ code: "81", type: "UNKNOWN_DATABASE" });
    expect(await values(fixture.admin, "SELECT currentDatabase()")).toEqual(["default"]);
  });

  it("tells of the answer in the server's headers", async () => {
    const { headers } = await fixture.post({ query_id: "my-query" }, "SELECT 1 FORMAT JSON");
    expect(headers.get("X-ClickHouse-Query-Id")).toBe("my-query");
    expect(headers.get("X-ClickHouse-Format")).toBe("JSON");
    expect(headers.get("X-ClickHouse-Timezone")).toBe("UTC");
    expect(headers.get("Content-Type")).toBe("application/json; charset=UTF-8");
    expect(JSON.parse(headers.get("X-ClickHouse-Summary") ?? "")).toMatchObject({ read_rows: "1" });
  });

  it("takes the format from the request when the statement names none", async () => {
    expect(await (await fixture.post({ default_format: "CSV" }, "SELECT 'a', 1")).text()).toBe('"a",1\n');
    expect(await (await fixture.post({}, "SELECT 'a', 1", { "X-ClickHouse-Format": "CSV" })).text()).toBe('"a",1\n');
    expect(await (await fixture.post({}, "SELECT 'a', 1")).text()).toBe("a\t1\n");
  });

  it("sends gzip to a client that asks for it", async () => {
    const zipping = fixture.client({ compression: { response: true, request: true } });
    expect((await values(zipping, "SELECT number FROM numbers(1000)")).length).toBe(1000);
    const headers = { "Accept-Encoding": "gzip" };
    for (const format of ["JSON", "TSV"]) {
      const response = await fixture.post({ enable_http_compression: "1" }, `SELECT 1 AS a FORMAT ${format}`, headers);
      expect(response.headers.get("Content-Encoding")).toBe("gzip");
      expect(await response.text()).toContain("1");
    }
  });

  it("gives a result larger than the memory of the engine", async () => {
    const small = await aWarehouse({ memoryBytesMax: 512 * 1024 ** 2 });
    await using _closing = small;
    const { stream } = await small.admin.exec({
      query: "SELECT number, repeat('x', 100) FROM numbers(8000000) FORMAT TSV",
    });
    let bytes = 0;
    for await (const piece of stream) bytes += (piece as Buffer).length; // a byte stream
    expect(bytes).toBeGreaterThan(800_000_000);
  });
});

describe("openEmbeddedWarehouse() to several clients", () => {
  it.each([
    "SELECT (SELECT sum(sleepEachRow(0.1)) FROM numbers(20) SETTINGS max_block_size = 1)",
    "SELECT number FROM numbers(5) WHERE number IN (SELECT sleepEachRow(0.1) FROM numbers(20))",
    "SELECT sleep(2)",
  ])("answers the others while one waits for %s", async (slow) => {
    let isSlowDone = false;
    const waiting = fixture.post({}, `${slow} FORMAT TSV`).finally(() => {
      isSlowDone = true;
    });
    for (let i = 0; i < 5; i++) {
      expect(await values(fixture.admin, "SELECT 1")).toEqual(["1"]);
      expect(isSlowDone).toBe(false);
    }
    expect((await waiting).status).toBe(200);
  });
});

describe("openEmbeddedWarehouse() to a client that asks wrongly", () => {
  it.each([
    ["SELEC 1", 400, "62", "SYNTAX_ERROR"],
    ["SELECT * FROM nothing", 404, "60", "UNKNOWN_TABLE"],
    ["SELECT noSuchFunction()", 404, "46", "UNKNOWN_FUNCTION"],
    ["SELECT nothing", 404, "47", "UNKNOWN_IDENTIFIER"],
    ["SELECT 1 FORMAT Nothing", 404, "73", "UNKNOWN_FORMAT"],
    ["SELECT 1 SETTINGS nothing = 1", 404, "115", "UNKNOWN_SETTING"],
    ["SELECT toUInt8('x')", 400, "6", "CANNOT_PARSE_TEXT"],
    ["SELECT throwIf(1) FORMAT JSON", 500, "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"],
    ["SELECT 1; SELECT 2", 400, "62", "SYNTAX_ERROR"],
    ["", 400, "62", "SYNTAX_ERROR"],
    ["SELECT 1 INTO OUTFILE '/tmp/x'", 500, "358", "INTO_OUTFILE_NOT_ALLOWED"],
    ["INSERT INTO x FROM INFILE '/tmp/x' FORMAT CSV", 501, "48", "NOT_IMPLEMENTED"],
  ])("answers %j as the server does", async (sql, status, code, name) => {
    const response = await fixture.post({}, sql);
    const text = await response.text();
    expect(text).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: [^]*\\(${name}\\)\n$`));
    expect([response.status, response.headers.get("X-ClickHouse-Exception-Code")]).toEqual([status, code]);
    expect(text).not.toContain(fixture.folder);
  });

  it("turns away a wrong password, an unknown name and nobody, whichever way they are sent", async () => {
    const wrong = fixture.client({ password: "not it" });
    await expect(values(wrong, "SELECT 1")).rejects.toMatchObject({ code: "516", type: "AUTHENTICATION_FAILED" });
    const url = `${fixture.warehouse.url}/?query=SELECT+1`;
    const basic = (pair: string) => ({ headers: { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` } });
    const refused = [
      await fetch(url),
      await fetch(`${url}&user=admin&password=no`),
      await fetch(url, basic("nobody:no")),
      await fetch(url, { headers: { "X-ClickHouse-User": "admin" } }),
    ];
    expect(refused.map((response) => response.status)).toEqual([403, 403, 403, 403]);
    expect(refused[0]?.headers.get("X-ClickHouse-Exception-Code")).toBe("516");
    expect((await fetch(url, basic(`${ADMIN.name}:${ADMIN.password}`))).status).toBe(200);
  });

  it("only reads on GET", async () => {
    const get = (query: string) =>
      fetch(`${fixture.warehouse.url}/?${new URLSearchParams({ query, user: ADMIN.name, password: ADMIN.password })}`);
    expect(await (await get("SELECT 1")).text()).toBe("1\n");
    const refused = await get("CREATE TABLE by_get (a UInt8) ENGINE = Memory");
    expect(await refused.text()).toContain("(READONLY)");
    expect(await (await get("INSERT INTO by_get VALUES (1)")).text()).toContain("(READONLY)");
  });

  it.each(["JSONEachRow", "CSV", "Parquet"] as const)(
    "never lets a %s result that failed midway pass for a whole one",
    async (format) => {
      const query =
        "SELECT throwIf(number = 300000) AS n FROM numbers(500000) SETTINGS max_block_size = 8192, max_threads = 1";
      const asked = fixture.admin.query({ query, format });
      await expect(asked).rejects.toMatchObject({ code: "395", type: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO" });
    },
  );
});

describe("openEmbeddedWarehouse() to a client that leaves", () => {
  const endless = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 9";
  const running = (id: string) =>
    `SELECT count() FROM system.processes WHERE Settings['log_comment'] = '${id}' AND query NOT LIKE '%processes%'`;

  it("ends its query in the engine", async () => {
    const leaving = new AbortController();
    const asked = fixture.admin
      .query({ query: endless, query_id: "leaves", abort_signal: leaving.signal })
      .catch(() => "left");
    await until(async () => (await values(fixture.admin, running("leaves")))[0] === "1");
    leaving.abort();
    expect(await asked).toBe("left");
    await until(async () => (await values(fixture.admin, running("leaves")))[0] === "0");
  });

  it("stays usable for others when it leaves in the midst of a result, and keeps no file", async () => {
    for (let i = 0; i < 12; i++) {
      const { stream } = await fixture.admin.exec({ query: "SELECT number FROM numbers(2000000) FORMAT TSV" });
      for await (const _piece of stream) break;
    }
    expect(await values(fixture.admin, "SELECT 1")).toEqual(["1"]);
    await until(async () => (await readdir(join(fixture.folder, "passing"))).length === 0);
  });

  it("ends a query by the id its sender gave", async () => {
    const asked = fixture.admin.query({ query: endless, query_id: "to-kill" }).then(
      () => "finished",
      (error: { code: string }) => error.code,
    );
    await until(async () => (await values(fixture.admin, running("to-kill")))[0] === "1");
    await fixture.admin.command({ query: "KILL QUERY WHERE query_id = 'to-kill' SYNC" });
    expect(await asked).toBe("394");
  });
});
