import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toRevision } from "../../transform/warehouse/embedded/native-revision.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

// Native in the revision that a client names, by what the engine writes: every type with another column behind it, whose
// place in the bytes shows whether the first was passed to its last byte.

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse({ empty: true });
});
afterAll(() => opened[Symbol.asyncDispose]());

async function ask(sql: string, revision?: number) {
  const search = new URLSearchParams(revision === undefined ? {} : { client_protocol_version: String(revision) });
  const response = await fetch(`${opened.access.url}/?${search}`, {
    method: "POST",
    body: `${sql} FORMAT Native`,
    headers: { "X-ClickHouse-User": opened.access.user, "X-ClickHouse-Key": opened.access.password },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, code: response.headers.get("X-ClickHouse-Exception-Code"), bytes };
}

async function* oneByOne(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

const INFO = Buffer.of(1, 0, 2, 255, 255, 255, 255, 0);
/** The head of a block of two columns and three rows, and its second column, for revision 54460. */
const HEAD = Buffer.concat([INFO, Buffer.of(2, 3), Buffer.from("\u0001a")]);
const TAIL = Buffer.from(`\u0001b\u0006String\u0000${"\u0003end".repeat(3)}`);

const COLUMNS: readonly string[] = [
  ...["toUInt8(number)", "toInt16(number)", "toUInt32(number)", "number", "toInt128(number)", "toUInt256(number)"],
  ...["toFloat32(number)", "number / 3", "number = 1", "toString(number)", "repeat('x', number * 1000)", "''"],
  ...[
    "toFixedString('ab', 5)",
    "toDate('2026-11-03')",
    "toDate32('1926-11-03')",
    "toDateTime('2026-11-03 10:00:00', 'UTC')",
  ],
  ...["toDateTime64('2026-11-03 10:00:00', 3, 'Europe/London')", "generateUUIDv4()", "toIPv4('192.0.2.1')"],
  ...["toIPv6('2001:db8::1')", "toDecimal32(1, 2)", "toDecimal64(1, 2)", "toDecimal128(1, 2)", "toDecimal256(1, 2)"],
  ...[
    "CAST('a', 'Enum8(\\'a\\' = 1, \\'b,(\\' = 2)')",
    "CAST('a', 'Enum16(\\'a\\' = 1000)')",
    "NULL",
    "INTERVAL number DAY",
  ],
  ...["if(number = 1, NULL, number)", "if(number = 1, NULL, 'text')", "toLowCardinality(toString(number))"],
  ...["toLowCardinality(if(number = 1, NULL, 'x'))", "toLowCardinality(toUInt8(number))", "[]", "range(number)"],
  ...[
    "arrayMap(x -> toString(x), range(number))",
    "[[number], [], [1, 2]]",
    "arrayMap(x -> toLowCardinality('a'), range(number))",
  ],
  ...["arrayMap(x -> if(x = 1, NULL, x), range(number))", "(number, 'text')", "(number, [('x', number)])"],
  ...["CAST((1, 'x'), 'Tuple(first UInt8, `se cond, (` String)')", "map('k', number)", "map('k', [toString(number)])"],
  ...["CAST([(1, 'x')], 'Nested(one UInt8, two String)')", "map(toLowCardinality('k'), toLowCardinality('v'))"],
  ...["(toLowCardinality('a'), toLowCardinality('b'))", "CAST(number, 'SimpleAggregateFunction(sum, UInt64)')"],
];

describe("Native in a revision", () => {
  it.each(COLUMNS)("has what the client expects around %s", async (column) => {
    const sql = `SELECT ${column} AS a, 'end' AS b FROM numbers(3)`;
    const { status, bytes } = await ask(sql, 54_460);
    expect(status).toBe(200);
    expect(bytes.subarray(0, HEAD.length).toString("hex")).toBe(HEAD.toString("hex"));
    expect(bytes.subarray(-TAIL.length).toString("hex")).toBe(TAIL.toString("hex"));
    if (column.includes("UUID")) return; // another at each asking
    const plain = (await ask(sql)).bytes;
    expect(bytes.length).toBe(plain.length + INFO.length + 2);
    const parts: Buffer[] = [];
    for await (const part of toRevision(oneByOne(plain), 54_460)) parts.push(part);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  });

  it.each([
    [0, 0, 0],
    [1, 8, 0],
    [54_405, 8, 0],
    [54_453, 8, 0],
    [54_454, 8, 1],
    [54_500, 8, 1],
  ])("of %i has %i bytes more a block and %i a column", async (revision, block, column) => {
    const sql = "SELECT number AS a, toString(number) AS b FROM numbers(3)";
    const [plain, revised] = [(await ask(sql)).bytes, (await ask(sql, revision)).bytes];
    expect(revised.length - plain.length).toBe(block + 2 * column);
  });

  it("goes on over many blocks, and sends none where there are no rows", async () => {
    const sql =
      "SELECT number AS a, repeat('x', number % 300) AS b FROM numbers(300000) SETTINGS max_block_size = 10000";
    const [plain, revised] = [(await ask(sql)).bytes, (await ask(sql, 54_460)).bytes];
    let blocks = 0;
    for (let at = revised.indexOf(INFO); at >= 0; at = revised.indexOf(INFO, at + 1)) blocks++;
    expect(blocks).toBeGreaterThan(5);
    expect(revised.length - plain.length).toBe(blocks * 10);
    expect((await ask("SELECT 1 AS a WHERE 0", 54_460)).status).toBe(200);
  });

  it("of statements that answer at once, too", async () => {
    const { bytes } = await ask("SHOW DATABASES", 54_460);
    expect(bytes.subarray(0, INFO.length).equals(INFO)).toBe(true);
  });

  it.each(["CAST(1, 'Dynamic')", "CAST('{}', 'JSON')", "CAST(1, 'Variant(UInt8, String)')", "sumState(number)"])(
    "refuses %s, whose extent its type does not tell, before anything is sent",
    async (column) => {
      const { status, code, bytes } = await ask(`SELECT ${column} AS a FROM numbers(3)`, 54_460);
      expect([status, code]).toEqual([501, "48"]);
      expect(bytes.toString()).toMatch(/cast it, as to String/);
    },
  );

  it("refuses a revision that is no number", async () => {
    const response = await fetch(`${opened.access.url}/?client_protocol_version=x`, {
      method: "POST",
      body: "SELECT 1",
    });
    expect(response.headers.get("X-ClickHouse-Exception-Code")).toBe("36");
  });
});
