import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { untilOldPartsGone } from "../../api/clocks/old-parts.ts";
import { openPersonSet, PERSON_TABLE_NAMES, type SetMember } from "../../api/rights/person-set.ts";
import { countPersonRows, type RowCounts, removePersonRows } from "../../api/rights/remove-rows.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { type Statement, type Warehouse, WarehouseUnavailable } from "../../schemas/ports.ts";
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
const aPerson = (name: string, partner = "acme"): SetMember => ({ person: 0, partner, pseudonym: toHex(name) });

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

const NOW = toEpochMs(Date.parse("2026-11-25T12:00:00Z"));

/** Removes people's rows as an erasure does: counts, deletes, counts again. */
async function remove(
  warehouse: Warehouse,
  members: readonly SetMember[],
): Promise<{ before: RowCounts; after: RowCounts }> {
  await using set = await openPersonSet(warehouse, members, NOW);
  const before = await countPersonRows(warehouse, set);
  await removePersonRows(warehouse, set, before, NOW);
  return { before, after: await countPersonRows(warehouse, set) };
}

const none = Object.fromEntries(PERSON_TABLE_NAMES.map((table) => [table, 0]));

describe("removing people's rows", () => {
  test("leaves no byte of them in any file within seconds, and everybody else's rows", async () => {
    await insertPeople(["A", "acme"], ["B", "acme"], ["A", "brook"], ["C", ""]);
    await opened.warehouse.execute({ sql: "OPTIMIZE TABLE engagement FINAL" }); // so that all lie in the same parts
    const marks = ["path-of-A-acme", "term-of-A-acme", "comment-of-A-acme", "path-of-C-", "term-of-C-"];
    for (const mark of marks) expect(findFiles(opened.folder, mark)).not.toEqual([]);
    expect(countInFiles(opened.folder, toPseudonym("C"))).toBeGreaterThan(0);

    const { before, after } = await remove(opened.warehouse, [aPerson("A"), aPerson("C", "")]);
    expect(before).toEqual({ ...none, engagement: 600, feedback: 60 });
    expect(after).toEqual(none);
    expect(await untilOldPartsGone(opened.warehouse, TABLES)).toBe(0);
    for (const mark of marks) expect([mark, findFiles(opened.folder, mark)]).toEqual([mark, []]);
    for (const who of [toPseudonym("C"), toHex("C"), toHex("C").toUpperCase(), toHex("A"), toHex("A").toUpperCase()]) {
      expect(findFiles(opened.folder, who)).toEqual([]);
    }
    expect([await countRows("engagement"), await countRows("feedback")]).toEqual([600, 60]);
    for (const mark of ["term-of-B-acme", "term-of-A-brook"]) {
      expect(countInFiles(opened.folder, mark)).toBeGreaterThan(0);
    }
    const sql = "SELECT name FROM system.tables WHERE startsWith(name, 'asked_')";
    expect(await opened.warehouse.rows({ sql })).toEqual([]);
  });

  test("takes more people than one insert holds, also such as have no rows, and changes nothing when it is repeated", async () => {
    await insertPeople(["A", "acme"], ["B", "acme"]);
    const strangers = Array.from({ length: 30_000 }, (_, number) => ({
      person: number,
      partner: "acme",
      pseudonym: number.toString(16).padStart(32, "0"),
    }));
    const people = [...strangers, aPerson("A")];
    expect((await remove(opened.warehouse, people)).before).toEqual({ ...none, engagement: 300, feedback: 30 });
    expect((await remove(opened.warehouse, people)).before).toEqual(none);
    expect(await countRows("engagement")).toBe(300);
    expect((await remove(opened.warehouse, [])).before).toEqual(none);
  });

  test("removes only what happened up to each person's own end", async () => {
    await insertPeople(["A", "acme"], ["B", "acme"]);
    const untilMs = toEpochMs(Date.parse("2026-11-19T12:00:00Z")); // rows are of the 18th, 19th and 20th at 10:00
    await remove(opened.warehouse, [{ ...aPerson("A"), untilMs }, aPerson("B")]);
    const left = await opened.warehouse.rows({
      sql: "SELECT lower(hex(pseudonym)) AS who, toString(toDate(min(at))) AS first, toString(count()) AS c FROM engagement GROUP BY who",
    });
    expect(left).toEqual([{ who: toHex("A"), first: "2026-11-20", c: "100" }]);
  });

  test("never says that it is done when the engine ended meanwhile and forgot whose rows", async () => {
    await insertPeople(["A", "acme"]);
    const dying = withAlter(async (statement) => {
      process.kill(opened.engine.pid, "SIGKILL");
      while (await opened.warehouse.ping()) await pause(10);
      while (!(await opened.warehouse.ping())) await pause(50);
      await opened.warehouse.execute(statement);
    });
    const removing = remove(dying, [aPerson("A")]);
    await expect(removing).rejects.toThrow(WarehouseUnavailable);
    await expect(removing).rejects.toThrow("has forgotten whose rows were meant; give it again");
    expect((await remove(opened.warehouse, [aPerson("A")])).before.engagement).toBe(300);
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
    await expect(remove(cut, [aPerson("A")])).rejects.toThrow("cut off");
    await warehouse.execute({ sql: "SYSTEM START MERGES engagement" });
    expect(await countUnfinished()).toBe("0");
    expect((await remove(warehouse, [aPerson("A")])).before.engagement).toBe(300);
    expect(await countRows("engagement")).toBe(0);
  });
});
