import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ADMIN, aWarehouse, until, values, type WarehouseFixture } from "./embedded-warehouse-fixture.ts";

let fixture: WarehouseFixture;
beforeAll(async () => {
  fixture = await aWarehouse();
});
afterAll(() => fixture[Symbol.asyncDispose]());

beforeEach(async () => {
  await fixture.admin.command({ query: "DROP TABLE IF EXISTS pages" });
  await fixture.admin.command({
    query:
      "CREATE TABLE pages (n UInt32, title String DEFAULT concat('page ', toString(n)), double UInt32 MATERIALIZED n * 2) ENGINE = MergeTree ORDER BY n",
  });
});

const rows = () => values(fixture.admin, "SELECT concat(toString(n), ':', title) FROM pages ORDER BY n");

describe("openEmbeddedWarehouse() to a client that inserts", () => {
  it("stores objects, and the table's defaults where they are silent", async () => {
    const { summary } = await fixture.admin.insert({
      table: "pages",
      values: [{ title: "naïve 🦌 'q' \\ \t\n", n: 1 }, { n: 2 }],
      format: "JSONEachRow",
    });
    expect(await rows()).toEqual(["1:naïve 🦌 'q' \\ \t\n", "2:page 2"]);
    expect(summary?.written_rows).toBe("2");
    expect(await values(fixture.admin, "SELECT sum(double) FROM pages")).toEqual(["6"]);
  });

  it("stores a stream of objects, and of CSV text", async () => {
    const objects = Readable.from(Array.from({ length: 5000 }, (_, n) => ({ n })));
    await fixture.admin.insert({ table: "pages", values: objects, format: "JSONEachRow" });
    const text = Readable.from(['6000,"two\nlines, ""quoted"""\n', "6001,b\n"], { objectMode: false });
    await fixture.admin.insert({ table: "pages", values: text, format: "CSV" });
    expect((await rows()).length).toBe(5002);
    expect(await values(fixture.admin, "SELECT title FROM pages WHERE n = 6000")).toEqual(['two\nlines, "quoted"']);
  });

  it("stores an Arrow stream by the names of its columns", async () => {
    const table = tableFromArrays({ title: ["a", "🦌"], n: new Uint32Array([1, 2]) });
    const { stream, summary } = await fixture.admin.exec({
      query: "INSERT INTO pages (n, title) FORMAT ArrowStream",
      values: Readable.from([tableToIPC(table, "stream")], { objectMode: false }),
    });
    await stream.toArray();
    expect(await rows()).toEqual(["1:a", "2:🦌"]);
    expect(summary?.written_rows).toBe("2");
  });

  it.each([
    "Native",
    "RowBinary",
    "RowBinaryWithNamesAndTypes",
    "Parquet",
    "ArrowStream",
    "JSONCompactEachRow",
    "TSV",
    "CSVWithNames",
  ])("takes back as %s what it gave as %s", async (format) => {
    const query = `SELECT toUInt32(number) AS n, concat('t', char(number % 256 + 1)) AS title FROM numbers(1000) FORMAT ${format}`;
    const body = await (await fixture.post({}, query)).bytes();
    const sent = await fixture.post({ query: `INSERT INTO pages (n, title) FORMAT ${format}` }, body);
    expect([sent.status, await sent.text()]).toEqual([200, ""]);
    const wrong = "SELECT count() FROM pages WHERE title != concat('t', char(n % 256 + 1))";
    expect(await values(fixture.admin, wrong)).toEqual(["0"]);
    expect(await values(fixture.admin, "SELECT count() FROM pages")).toEqual(["1000"]);
  });

  it.each([
    ["in the body, after its format", {}, 'INSERT INTO pages FORMAT JSONEachRow\n{"n":1}'],
    ["as values in the body", {}, "INSERT INTO pages (n) VALUES (1)"],
    ["as values in the body of a statement in the URL", { query: "INSERT INTO pages (n) VALUES" }, "(1)"],
    ["with settings of their own", {}, "INSERT INTO pages (n) SETTINGS format_csv_delimiter = ';' FORMAT CSV\n1\n"],
    ["from a query", {}, "INSERT INTO pages (n) SELECT 1"],
    ["with parameters", { param_n: "1" }, "INSERT INTO pages (n) VALUES ({n:UInt32})"],
    ["into a table that is a parameter", { param_t: "pages" }, "INSERT INTO {t:Identifier} (n) FORMAT CSV\n1\n"],
    ["under a comment", {}, "/* import */ INSERT INTO default.`pages` (n) -- rows\nFORMAT CSV\n1\n"],
  ])("stores rows that come %s", async (_how, search, body) => {
    const response = await fixture.post(search, body);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(await rows()).toEqual(["1:page 1"]);
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ])("stores rows that come in %s", async (encoding, compress) => {
    const body = compress(Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(""));
    const search = { query: "INSERT INTO pages (n) FORMAT CSV" };
    expect((await fixture.post(search, body, { "Content-Encoding": encoding })).status).toBe(200);
    expect((await rows()).length).toBe(1000);
  });

  it("stores rows that come in lz4 with their statement, as Python's client sends them", async () => {
    const content = Buffer.from("INSERT INTO pages (n) FORMAT CSV\n1\n2\n");
    const size = Buffer.alloc(4);
    size.writeUInt32LE(content.length + 2 ** 31); // the highest bit: this block is stored as it is
    const frame = Buffer.concat([Buffer.from("04224d18604082", "hex"), size, content, Buffer.alloc(4)]);
    const response = await fixture.post({}, frame, { "Content-Encoding": "lz4" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect((await rows()).length).toBe(2);
    expect((await fixture.post({}, "not lz4", { "Content-Encoding": "lz4" })).ok).toBe(false);
    expect((await fixture.post({}, "SELECT 1", { "Content-Encoding": "rot13" })).status).toBe(500);
  });

  it("inserts nothing for a token it has seen, and everything for the next", async () => {
    const insert = (insert_deduplication_token: string) =>
      fixture.admin.insert({
        table: "pages",
        values: [{ n: 1 }],
        format: "JSONEachRow",
        clickhouse_settings: { insert_deduplication_token },
      });
    for (const token of ["a", "a", "b", "b", "a"]) await insert(token);
    expect((await rows()).length).toBe(2);
    for (let i = 0; i < 3; i++)
      await fixture.admin.insert({ table: "pages", values: [{ n: 5 }], format: "JSONEachRow" });
    const selected = "INSERT INTO pages (n) SELECT 9 SETTINGS insert_deduplication_token = 'c'";
    for (let i = 0; i < 2; i++) await fixture.admin.command({ query: selected });
    for (let i = 0; i < 2; i++) await fixture.admin.command({ query: "INSERT INTO pages (n) SELECT 9" });
    expect(await values(fixture.admin, "SELECT countIf(n = 9) FROM pages")).toEqual(["3"]);
  });

  it("treats the same Arrow batch under the same token as one", async () => {
    const batch = tableToIPC(tableFromArrays({ n: new Uint32Array(1000).fill(7) }), "stream");
    for (let i = 0; i < 3; i++) {
      const { stream } = await fixture.admin.exec({
        query: "INSERT INTO pages (n) FORMAT ArrowStream",
        values: Readable.from([batch], { objectMode: false }),
        clickhouse_settings: { insert_deduplication_token: "epoch:events:0:0-999:pages" },
      });
      await stream.toArray();
    }
    expect(await values(fixture.admin, "SELECT count() FROM pages")).toEqual(["1000"]);
  });

  it("says which row it could not read, names no file, and stores none of them", async () => {
    const response = await fixture.post({}, 'INSERT INTO pages FORMAT JSONEachRow\n{"n":1}\n{"n":"x"}\n');
    const text = await response.text();
    expect([response.status, text.includes("at row 2"), text.includes("/")]).toEqual([
      400,
      true,
      text.includes("in file/uri"),
    ]);
    expect(text).not.toContain(fixture.folder);
    expect(await rows()).toEqual([]);
  });

  it.each(["INSERT INTO pages", "INSERT INTO pages (n)", "INSERT INTO pages (n) 1"])(
    "takes %j for no insert at all",
    async (sql) => {
      expect(await (await fixture.post({}, sql)).text()).toContain("(SYNTAX_ERROR)");
    },
  );

  it("stores nothing of a body that broke off", async () => {
    const broken = new Promise((resolve) => {
      const url = `${fixture.warehouse.url}/?${new URLSearchParams({ query: "INSERT INTO pages (n) FORMAT CSV" })}`;
      const headers = { "X-ClickHouse-User": ADMIN.name, "X-ClickHouse-Key": ADMIN.password };
      const sending = request(url, { method: "POST", headers });
      sending.on("error", resolve);
      sending.write("1\n2\n3\n", () => setTimeout(() => sending.destroy(new Error("gone")), 100));
    });
    await broken;
    const cut = gzipSync("1\n".repeat(100_000)).subarray(0, 100);
    const search = { query: "INSERT INTO pages (n) FORMAT CSV" };
    expect((await fixture.post(search, cut, { "Content-Encoding": "gzip" })).ok).toBe(false);
    expect(await rows()).toEqual([]);
  });

  it("leaves no row lying in a file", async () => {
    await fixture.post({}, "INSERT INTO pages FORMAT CSV\n1,a\n");
    await fixture.post({}, "INSERT INTO pages FORMAT CSV\nnot a number\n");
    await fixture.post({}, "SELECT 1 FORMAT JSON");
    await until(async () => (await readdir(join(fixture.folder, "passing"))).length === 0);
  });

  it("takes rows from several clients at once and keeps each", async () => {
    const inserts = Array.from({ length: 40 }, (_, n) =>
      fixture.admin.insert({
        table: "pages",
        values: [{ n }],
        format: "JSONEachRow",
        clickhouse_settings: { insert_deduplication_token: `t${n}` },
      }),
    );
    const reads = Array.from({ length: 40 }, () => values(fixture.admin, "SELECT count() FROM pages"));
    await Promise.all([...inserts, ...reads]);
    expect((await rows()).length).toBe(40);
  });
});
