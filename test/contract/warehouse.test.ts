import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TABLE_NAMES, TABLES, type TableName } from "../../schemas/columns.ts";
import { type EpochMs, type EventId, toEpochMs } from "../../schemas/ids.ts";
import { WarehouseRefused, WarehouseUnavailable } from "../../schemas/ports.ts";
import { Batch, type RowOf, type TableBody } from "../../transform/batch.ts";
import { ROW_REFUSALS } from "../../transform/row-refusal.ts";
import { PASSING_ERRORS } from "../../transform/warehouse/clickhouse-errors.ts";
import { openClickhouseWarehouse } from "../../transform/warehouse/clickhouse-warehouse.ts";
import { MIGRATIONS_FOLDER, migrate, toTableSettings } from "../../transform/warehouse/migrate.ts";
import { anEventId, DAY_MS, NOW } from "../fixtures/transform-events.ts";
import { openLossyProxy, openTestWarehouse, type TestWarehouse, VALUES } from "../fixtures/transform-warehouse.ts";

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened[Symbol.asyncDispose]());

const PSEUDONYM = Uint8Array.from({ length: 16 }, (_, i) => i * 17);
const TEXTS = ["", "plain", "Zoë 日本語 👩‍💻", "tab\tnew\nline '\"\\ \0 end"];

function aDrop(changes: Partial<RowOf<"drops">> = {}): RowOf<"drops"> {
  return { partner: "acme", reason: "robot", event_id: anEventId(1), at: NOW, type: "page_view", ...changes };
}

function toBody(...rows: RowOf<"drops">[]): TableBody {
  const batch = new Batch();
  for (const row of rows) batch.add("drops", row);
  const [body] = batch.toBodies();
  if (body === undefined) throw new Error("Cannot build a body without rows");
  return body;
}

/** One row of a table with something in every column; `number` tells rows apart. */
function aRow(table: TableName, number: number): object {
  const values: Record<string, unknown> = {};
  for (const { name, arrow } of TABLES[table]) {
    if (name === "event_id") values[name] = anEventId(number);
    else if (arrow === "fixed16") values[name] = PSEUDONYM;
    else if (arrow === "dictionary" || arrow === "utf8") values[name] = TEXTS[number % TEXTS.length];
    else if (arrow === "millis" || arrow === "seconds") values[name] = NOW + (number % 1_000);
    else values[name] = (number * 7) % 256;
  }
  return values;
}

/** The scripts of this release, in order. */
async function toScripts(): Promise<readonly { file: string; version: number; name: string }[]> {
  const files = (await readdir(MIGRATIONS_FOLDER)).filter((file) => file.endsWith(".sql")).toSorted();
  return files.map((file) => ({ file, version: Number(file.slice(0, 4)), name: file.slice(5, -".sql".length) }));
}

describe("migrate()", () => {
  test.each(TABLE_NAMES)("makes %s as the list of columns says", async (table) => {
    const described = await opened.warehouse.rows<{ name: string; type: string }>({ sql: `DESCRIBE TABLE ${table}` });
    expect(described.map(({ name, type }) => [name, type])).toEqual(
      TABLES[table].map(({ name, type }) => [name, type]),
    );
  });

  test("applies nothing twice, and has it on record", async () => {
    expect(await migrate(opened.warehouse, { values: VALUES })).toEqual([]);
    const rows = await opened.warehouse.rows({
      sql: "SELECT version, name, length(checksum) AS digits FROM schema_migrations ORDER BY version",
    });
    const scripts = await toScripts();
    expect(rows).toEqual(scripts.map(({ version, name }) => ({ version, name, digits: "64" })));
  });

  test("goes on where it was killed", async () => {
    await using other = await openTestWarehouse({ empty: true });
    const half = { ...VALUES, table_settings: VALUES.table_settings };
    await migrate(other.warehouse, { values: half });
    for (const table of ["schema_migrations", "audit", "runs"]) {
      await other.warehouse.execute({ sql: `DROP TABLE ${table} SYNC` });
    }
    const all = (await toScripts()).map(({ version }) => version);
    expect(await migrate(other.warehouse, { values: half })).toEqual(all);
    expect(await other.warehouse.rows({ sql: "SELECT count() AS c FROM audit" })).toEqual([{ c: "0" }]);
  });

  test("lets existing tables follow changed settings", async () => {
    await using other = await openTestWarehouse();
    const toQuery = async () => {
      const rows = await other.warehouse.rows<{ q: string }>({
        sql: "SELECT create_table_query AS q FROM system.tables WHERE name IN ('engagement', 'drops') AND database = 'default'",
      });
      return rows.map(({ q }) => q);
    };
    for (const query of await toQuery()) expect(query).toContain("toIntervalDay(365)");
    const values = { retention_days: 30, table_settings: toTableSettings(123_456_789) };
    await migrate(other.warehouse, { values });
    for (const query of await toQuery()) {
      expect(query).toContain("+ toIntervalDay(30)");
      expect(query).not.toContain("365");
      expect(query).toContain("min_free_disk_bytes_to_perform_insert = 123456789");
    }
  });

  test("refuses a script that has changed, a gap in the numbers, and a warehouse of a newer release", async () => {
    const folder = await mkdtemp(join(tmpdir(), "roebuck-migrations-"));
    try {
      const toRefusal = () => migrate(opened.warehouse, { values: VALUES, folder });
      await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
      await writeFile(join(folder, "0009_later.sql"), "SELECT 1");
      await expect(toRefusal()).rejects.toThrow('"0009_later.sql" must be numbered');
      await rm(join(folder, "0009_later.sql"));
      await writeFile(join(folder, "0001_first_tables.sql"), "SELECT 1");
      await expect(toRefusal()).rejects.toThrow("migration 1 (first_tables) was applied and has changed since");
      await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
      const last = (await toScripts()).at(-1);
      await rm(join(folder, last?.file ?? ""));
      await expect(toRefusal()).rejects.toThrow(
        `has migration ${last?.version} (${last?.name}), which this release does not know`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("insertArrow()", () => {
  test.each(TABLE_NAMES)("stores every column of %s as it was given", async (table) => {
    const batch = new Batch();
    const rows = Array.from({ length: 40 }, (_, i) => aRow(table, i + 1));
    // built from the list of columns
    for (const row of rows) batch.add(table, row as RowOf<TableName>);
    const columns = TABLES[table].map(({ name, arrow, type }) => {
      if (arrow === "fixed16") return type === "UUID" ? `toString(${name}) AS ${name}` : `hex(${name}) AS ${name}`;
      if (arrow === "millis" || arrow === "seconds")
        return `toUnixTimestamp64Milli(toDateTime64(${name}, 3)) AS ${name}`;
      return name;
    });
    for (const { columns: names, body } of batch.toBodies()) {
      await opened.warehouse.execute({ sql: `TRUNCATE TABLE ${table}` });
      await opened.warehouse.insertArrow(table, names, body, `round trip ${table}`);
    }
    const stored = await opened.warehouse.rows<Record<string, unknown>>({
      sql: `SELECT ${columns.join(", ")} FROM (SELECT * FROM ${table})`,
    });
    const expected = rows.map((row) => toStored(table, row as Record<string, unknown>)); // from aRow
    if (table === "resources") expected.splice(0, expected.length, ...toLatest(expected));
    const sorted = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
    if (table === "statistics_hourly") {
      const sum = (list: readonly Record<string, unknown>[]) =>
        list.reduce((total, { views }) => total + Number(views), 0);
      expect(sum(stored)).toBe(sum(expected));
    } else expect(sorted(stored)).toEqual(sorted(expected));
  });

  test("keeps the bytes of an event id in the order in which they are written", async () => {
    const id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" as EventId; // a UUID
    const { columns, body } = toBody(aDrop({ event_id: id, reason: "uuid" }));
    await opened.warehouse.insertArrow("drops", columns, body, "uuid");
    const sql = "SELECT toString(event_id) AS id FROM drops WHERE event_id = {id:UUID} AND reason = 'uuid'";
    expect(await opened.warehouse.rows({ sql, parameters: { id } })).toEqual([{ id }]);
  });

  test("adds nothing when it is repeated with its token", async () => {
    const { columns, body } = toBody(
      aDrop({ reason: "repeated" }),
      aDrop({ reason: "repeated", event_id: anEventId(2) }),
    );
    for (let i = 0; i < 3; i++) await opened.warehouse.insertArrow("drops", columns, body, "repeated");
    await opened.warehouse.insertArrow("drops", columns, body, "another");
    const sql = "SELECT count() AS c FROM drops WHERE reason = 'repeated'";
    expect(await opened.warehouse.rows({ sql })).toEqual([{ c: "4" }]);
  });

  test("adds nothing for the days that were stored when a repeat spans several", async () => {
    const body = toBody(...[0, 1, 2].map((day) => aDrop({ reason: "days", at: toEpochMs(NOW - day * DAY_MS) })));
    for (let i = 0; i < 2; i++) await opened.warehouse.insertArrow("drops", body.columns, body.body, "days");
    expect(await opened.warehouse.rows({ sql: "SELECT count() AS c FROM drops WHERE reason = 'days'" })).toEqual([
      { c: "3" },
    ]);
  });

  test("takes more days in one insert than ClickHouse takes by default", async () => {
    const rows = Array.from({ length: 110 }, (_, day) =>
      aDrop({ reason: "many days", at: toEpochMs(NOW - day * DAY_MS) }),
    );
    const { columns, body } = toBody(...rows);
    await opened.warehouse.insertArrow("drops", columns, body, "many days");
    const sql = "SELECT uniqExact(toDate(at)) AS days FROM drops WHERE reason = 'many days'";
    expect(await opened.warehouse.rows({ sql })).toEqual([{ days: "110" }]);
  });

  test("adds nothing extra when the answer is lost after the insert was stored", async () => {
    await using proxy = await openLossyProxy(opened.access.url);
    await using warehouse = openClickhouseWarehouse({ ...opened.access, url: proxy.url });
    const { columns, body } = toBody(aDrop({ reason: "lost" }));
    proxy.lose = 2;
    await warehouse.insertArrow("drops", columns, body, "lost");
    await warehouse.insertRows("drops", []);
    proxy.lose = 1;
    await warehouse.insertRows("drops", [{ ...aDrop({ reason: "lost" }), at: "2026-11-24 09:30:00" }]);
    proxy.lose = 1;
    await warehouse.execute({ sql: "INSERT INTO drops SELECT * FROM drops WHERE reason = 'lost' LIMIT 1" });
    expect(proxy.passed).toBe(3 + 2 + 2);
    expect(await opened.warehouse.rows({ sql: "SELECT count() AS c FROM drops WHERE reason = 'lost'" })).toEqual([
      { c: "3" },
    ]);
  });
});

describe("a warehouse", () => {
  test("rows() binds parameters and gives 64-bit integers as text", async () => {
    const sql =
      "SELECT {text:String} AS text, {number:UInt32} AS number, {many:Array(String)} AS many, 9007199254740993 AS big";
    const parameters = { text: "it's; -- {x}", number: 5, many: ["a", "b'c"] };
    expect(await opened.warehouse.rows({ sql, parameters })).toEqual([{ ...parameters, big: "9007199254740993" }]);
  });

  test("rows() applies settings to its own statement only", async () => {
    const sql = "SELECT count() AS c FROM numbers(10)";
    await expect(opened.warehouse.rows({ sql, settings: { max_rows_to_read: 5 } })).rejects.toThrow(WarehouseRefused);
    expect(await opened.warehouse.rows({ sql })).toEqual([{ c: "10" }]);
  });

  test("refuses with the engine's number and without its words", async () => {
    const secret = "ann.person@example.org";
    const error = await opened.warehouse
      .rows({ sql: `SELECT toUInt8('${secret}')` })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WarehouseRefused);
    expect(error).toMatchObject({ code: 6 });
    expect(String(error)).not.toContain(secret);
    await expect(opened.warehouse.execute({ sql: "DROP TABLE nothing" })).rejects.toMatchObject({ code: 60 });
  });

  test("refuses a wrong password", async () => {
    await using stranger = openClickhouseWarehouse({ ...opened.access, password: "guessed" });
    await expect(stranger.rows({ sql: "SELECT 1" })).rejects.toThrow(WarehouseRefused);
    expect(await stranger.ping()).toBe(false);
  });

  test("is unavailable, after its retries, where nothing listens", async () => {
    const retries = { triesMax: 2, firstMs: 1, maxMs: 1 };
    await using nobody = openClickhouseWarehouse({ ...opened.access, url: "http://127.0.0.1:9", retries });
    expect(await nobody.ping()).toBe(false);
    await expect(nobody.rows({ sql: "SELECT 1" })).rejects.toThrow(WarehouseUnavailable);
    await expect(nobody.insertRows("drops", [{}])).rejects.toThrow(WarehouseUnavailable);
  });

  test("ping() says yes while it answers", async () => {
    expect(await opened.warehouse.ping()).toBe(true);
  });

  test("has the numbers of passing errors as the engine names them", async () => {
    const codes = Object.keys({ ...PASSING_ERRORS, ...ROW_REFUSALS }).map(Number);
    const rows = await opened.warehouse.rows<{ code: number; name: string }>({
      sql: "SELECT arrayJoin({codes:Array(UInt16)}) AS code, toString(errorCodeToName(code)) AS name",
      parameters: { codes },
    });
    expect(Object.fromEntries(rows.map(({ code, name }) => [code, name]))).toEqual({
      ...PASSING_ERRORS,
      ...ROW_REFUSALS,
    });
  });
});

/** A row as `rows()` gives it. */
function toStored(table: TableName, row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    TABLES[table].map(({ name, arrow, type }) => {
      const value = row[name];
      if (value instanceof Uint8Array) return [name, Buffer.from(value).toString("hex").toUpperCase()];
      // instants are numbers
      if (arrow === "seconds") return [name, String(Math.floor((value as EpochMs) / 1_000) * 1_000)];
      return [name, arrow === "millis" || type === "UInt64" ? String(value) : value];
    }),
  );
}

/** What is left of rows with the same key: the latest. */
function toLatest(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return [...new Map(rows.map((row) => [`${row.partner}|${row.kind}|${row.id}`, row])).values()];
}
