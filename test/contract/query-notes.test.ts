import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AnalystQuery } from "../../transform/warehouse/embedded/query-note.ts";
import { ADMIN, ANALYST, aWarehouse, READER, type WarehouseFixture } from "./embedded-warehouse-fixture.ts";

// What the embedded engine tells of analysts' queries before it answers them.

const notes: AnalystQuery[] = [];
let isTaken = true;
let opened: WarehouseFixture;

beforeAll(async () => {
  opened = await aWarehouse({
    analystTables: { database: "default", names: ["views_v1", "more_v1"] },
    noteQuery: async (query) => {
      if (!isTaken) throw new Error("not now");
      notes.push(query);
    },
  });
  for (const name of ["views_v1", "more_v1", "secret"])
    await ask(
      `CREATE TABLE ${name} ENGINE = Memory AS SELECT number AS n, toString(number) AS text FROM numbers(10)`,
      ADMIN,
    );
});
afterAll(() => opened[Symbol.asyncDispose]());
beforeEach(() => {
  notes.length = 0;
  isTaken = true;
});

async function ask(sql: string, user: { name: string; password: string } = ANALYST, search = {}) {
  const response = await fetch(`${opened.warehouse.url}/?${new URLSearchParams(search)}`, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": user.name, "X-ClickHouse-Key": user.password },
  });
  return {
    code: response.headers.get("X-ClickHouse-Exception-Code"),
    status: response.status,
    text: await response.text(),
  };
}

describe("the embedded engine", () => {
  it.each([
    ["SELECT count() FROM views_v1 WHERE n > 3", ["views_v1"]],
    ["SELECT * FROM default.more_v1 AS m JOIN views_v1 AS v USING (n)", ["more_v1", "views_v1"]],
    ["SELECT 1 WHERE 1 IN (SELECT n FROM more_v1)", ["more_v1"]],
    ["WITH x AS (SELECT n FROM views_v1) SELECT count() FROM x WHERE n IN x", ["views_v1"]],
    ["EXPLAIN SELECT * FROM views_v1", ["views_v1"]],
    ["SELECT (SELECT max(n) FROM `views_v1`) FORMAT Parquet", ["views_v1"]],
  ])("tells who asked, what was read, how many rows were answered and how long it took: %s", async (sql, tables) => {
    expect((await ask(sql)).code).toBeNull();
    expect(notes).toEqual([
      {
        ...{ user: ANALYST.name, tables, digest: expect.stringMatching(/^[0-9a-f]{16}$/) },
        ...{ rows: expect.any(Number), elapsedMs: expect.any(Number) },
      },
    ]);
    if (sql.startsWith("SELECT count()")) expect(notes[0]?.rows).toBe(1); // of the answer
  });

  it("tells the same of a query with other literals, another of another, and nothing of the words", async () => {
    for (const text of ["kestrel@example.org", "robin"]) await ask(`SELECT n FROM views_v1 WHERE text = '${text}'`);
    await ask("SELECT n FROM views_v1 WHERE text != 'robin'");
    const [one, two, three] = notes.map(({ digest }) => digest);
    expect([one === two, one === three]).toEqual([true, false]);
    expect(JSON.stringify(notes)).not.toMatch(/kestrel|robin/);
  });

  it.each(["SELECT 1", "SHOW TABLES", "SELECT name FROM system.tables", "SELECT * FROM numbers(3)"])(
    "tells nothing of what reads no table of the warehouse: %s",
    async (sql) => {
      await ask(sql);
      expect(notes).toEqual([]);
    },
  );

  it.each([
    ["SELECT * FROM secret", 497, {}],
    ["SELECT * FROM views_v1, secret", 497, {}],
    ["DROP TABLE views_v1", 164, {}],
    ["INSERT INTO views_v1 VALUES (1, '')", 164, {}],
    ["SELECT * FROM views_v1", 164, { max_memory_usage: "0" }],
    ["SELECT * FROM views_v1 INTO OUTFILE '/tmp/x'", 358, {}],
  ])("tells that somebody reached for something else: %s", async (sql, refused, search) => {
    expect((await ask(sql, ANALYST, search)).code).toBe(String(refused));
    expect(notes).toEqual([{ user: ANALYST.name, tables: [], digest: "", rows: 0, elapsedMs: 0, refused }]);
  });

  it("answers nothing that cannot be noted, and what reads nothing all the same", async () => {
    isTaken = false;
    const { code, status, text } = await ask("SELECT text FROM views_v1");
    expect([code, status]).toEqual(["209", 503]);
    expect(text).toMatch(/cannot be noted now/);
    expect((await ask("SELECT 1")).text).toBe("1\n");
    expect((await ask("SELECT * FROM secret")).code).toBe("497");
    isTaken = true;
    expect((await ask("SELECT count() FROM views_v1")).text).toBe("10\n");
  });

  it("tells nothing of the service's own queries: their commands note themselves", async () => {
    await ask("SELECT * FROM views_v1", ADMIN);
    await ask("SELECT * FROM views_v1", READER);
    expect(notes).toEqual([]);
  });
});
