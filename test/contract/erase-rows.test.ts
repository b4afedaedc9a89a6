import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Statement, type Warehouse, WarehouseRefused, WarehouseUnavailable } from "../../schemas/ports.ts";
import { eraseRows } from "../../transform/warehouse/erase-rows.ts";
import { countInFiles, findFiles, makeColumnsPlain } from "../fixtures/disk.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
  await makeColumnsPlain(opened.warehouse); // the settings of the tables stay as in production
});
afterAll(() => opened[Symbol.asyncDispose]());

const TABLES = ["engagement", "behaviour", "feedback"];
beforeEach(async () => {
  for (const table of TABLES) await opened.warehouse.execute({ sql: `TRUNCATE TABLE ${table} SYNC` });
});

/** The pseudonym of somebody whose name is a letter. */
const toPseudonym = (name: string) => Buffer.from(name.repeat(16));
const toHex = (name: string) => toPseudonym(name).toString("hex");
const aPerson = (name: string, partner = "acme") => ({ partner, pseudonym: toHex(name) });

/** Rows of people over three days, each with marks of its person in a dictionary and in a text. */
async function insertPeople(...people: readonly (readonly [name: string, partner: string])[]): Promise<void> {
  for (const [name, partner] of people) {
    const parameters = { name, partner };
    const who = `{partner:String} AS partner, toFixedString(repeat({name:String}, 16), 16) AS pseudonym,
      generateUUIDv4(number) AS event_id, toDateTime64('2026-11-20 10:00:00', 3, 'UTC') - toIntervalDay(number % 3) AS at`;
    const marks = "concat('/path-of-', {name:String}, '-', {partner:String}) AS path";
    await opened.warehouse.execute({
      sql: `INSERT INTO engagement (partner, pseudonym, event_id, at, path, term)
            SELECT ${who}, ${marks}, concat('term-of-', {name:String}, '-', {partner:String}) FROM numbers(300)`,
      parameters,
    });
    await opened.warehouse.execute({
      sql: `INSERT INTO feedback (partner, pseudonym, event_id, at, path, comment)
            SELECT ${who}, ${marks}, concat('comment-of-', {name:String}, '-', {partner:String}) FROM numbers(30)`,
      parameters,
    });
  }
}

async function countRows(table: string): Promise<number> {
  const [row] = await opened.warehouse.rows<{ c: string }>({ sql: `SELECT count() AS c FROM ${table}` });
  return Number(row?.c);
}

async function countUnfinished(): Promise<string> {
  const sql = "SELECT toString(count()) AS c FROM system.mutations WHERE is_done = 0";
  const [row] = await opened.warehouse.rows<{ c: string }>({ sql });
  return row?.c ?? "";
}

/** A warehouse where something happens at the ALTER. */
function withAlter(work: (statement: Statement) => Promise<void>): Warehouse {
  const { warehouse } = opened;
  return Object.create(warehouse, {
    rows: { value: warehouse.rows.bind(warehouse) },
    insertRows: { value: warehouse.insertRows.bind(warehouse) },
    execute: {
      value: (statement: Statement) =>
        statement.sql.startsWith("ALTER") ? work(statement) : warehouse.execute(statement),
    },
  });
}

describe("eraseRows()", () => {
  test("leaves no byte of the erased in any file within seconds, and everybody else's rows", async () => {
    await insertPeople(["A", "acme"], ["B", "acme"], ["A", "brook"], ["C", ""]);
    await opened.warehouse.execute({ sql: "OPTIMIZE TABLE engagement FINAL" }); // so that all lie in the same parts
    const marks = ["path-of-A-acme", "term-of-A-acme", "comment-of-A-acme", "path-of-C-", "term-of-C-"];
    for (const mark of marks) expect(findFiles(opened.folder, mark)).not.toEqual([]);
    expect(countInFiles(opened.folder, toPseudonym("C"))).toBeGreaterThan(0);

    const erased = await eraseRows(opened.warehouse, { tables: TABLES, people: [aPerson("A"), aPerson("C", "")] });
    expect([...erased.rows]).toEqual([
      ["engagement", 600],
      ["behaviour", 0],
      ["feedback", 60],
    ]);
    expect(erased.oldPartsLeft).toBe(0);
    for (const mark of marks) expect([mark, findFiles(opened.folder, mark)]).toEqual([mark, []]);
    for (const who of [toPseudonym("C"), toHex("C"), toHex("C").toUpperCase(), toHex("A"), toHex("A").toUpperCase()]) {
      expect(findFiles(opened.folder, who)).toEqual([]);
    }
    expect([await countRows("engagement"), await countRows("feedback")]).toEqual([600, 60]);
    for (const mark of ["term-of-B-acme", "term-of-A-brook"]) {
      expect(countInFiles(opened.folder, mark)).toBeGreaterThan(0);
    }
    const sql = "SELECT name FROM system.tables WHERE startsWith(name, 'erased_')";
    expect(await opened.warehouse.rows({ sql })).toEqual([]);
  });

  test("takes more people than one insert holds, also such as have no rows, and changes nothing when it is repeated", async () => {
    await insertPeople(["A", "acme"], ["B", "acme"]);
    function* people() {
      for (let number = 0; number < 30_000; number++) {
        yield { partner: "acme", pseudonym: number.toString(16).padStart(32, "0") };
      }
      yield aPerson("A");
    }
    const options = { waitMsMax: 0 };
    const first = await eraseRows(opened.warehouse, { tables: ["engagement"], people: people() }, options);
    expect(first.rows).toEqual(new Map([["engagement", 300]]));
    const again = await eraseRows(opened.warehouse, { tables: ["engagement"], people: people() }, options);
    expect(again.rows).toEqual(new Map([["engagement", 0]]));
    expect(await countRows("engagement")).toBe(300);
    expect((await eraseRows(opened.warehouse, { tables: ["engagement"], people: [] }, options)).rows).toEqual(
      again.rows,
    );
  });

  test("never says that it is done when the engine ended meanwhile and forgot whose rows", async () => {
    await insertPeople(["A", "acme"]);
    const dying = withAlter(async (statement) => {
      process.kill(opened.engine.pid, "SIGKILL");
      while (await opened.warehouse.ping()) await pause(10);
      while (!(await opened.warehouse.ping())) await pause(50);
      await opened.warehouse.execute(statement);
    });
    const people = [aPerson("A")];
    const erasing = eraseRows(dying, { tables: ["engagement"], people });
    await expect(erasing).rejects.toThrow(WarehouseUnavailable);
    await expect(erasing).rejects.toThrow("has forgotten whose; erase them again");
    const erased = await eraseRows(opened.warehouse, { tables: ["engagement"], people }, { waitMsMax: 0 });
    expect(erased.rows).toEqual(new Map([["engagement", 300]]));
    expect(await countRows("engagement")).toBe(0);
  });

  test("leaves no mutation behind that could never end, when it had to give up", async () => {
    await insertPeople(["A", "acme"]);
    const { warehouse } = opened;
    const cut = withAlter(async (statement) => {
      await warehouse.execute({ sql: "SYSTEM STOP MERGES engagement" });
      await warehouse.execute({ ...statement, settings: { mutations_sync: 0 } });
      expect(await countUnfinished()).toBe("1");
      throw new WarehouseUnavailable("cut off");
    });
    const people = [aPerson("A")];
    await expect(eraseRows(cut, { tables: ["engagement"], people })).rejects.toThrow("cut off");
    await warehouse.execute({ sql: "SYSTEM START MERGES engagement" });
    expect(await countUnfinished()).toBe("0");
    const erased = await eraseRows(warehouse, { tables: ["engagement"], people }, { waitMsMax: 0 });
    expect(erased.rows).toEqual(new Map([["engagement", 300]]));
    expect(await countRows("engagement")).toBe(0);
  });

  test("refuses what is no table", async () => {
    const people = [aPerson("A")];
    await expect(eraseRows(opened.warehouse, { tables: ["nowhere"], people })).rejects.toThrow(WarehouseRefused);
    await expect(eraseRows(opened.warehouse, { tables: ["engagement; DROP"], people })).rejects.toThrow(
      "must be the name of a table",
    );
  });
});
