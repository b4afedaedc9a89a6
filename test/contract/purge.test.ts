import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type PurgeService, purge } from "../../api/clocks/purge.ts";
import { toCertificateLines } from "../../api/commands/purge.ts";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { type Decision, JournalBook } from "../../schemas/journal.ts";
import type { Log, Statement, Warehouse } from "../../schemas/ports.ts";
import {
  type Action,
  aMonth,
  CLOSE_SETTINGS,
  insertActions,
  insertOthers,
  insertPartners,
  toTestId,
} from "../fixtures/close-store.ts";
import { countInFiles, findFiles, makeDiskPlain } from "../fixtures/disk.ts";
import { someSettings } from "../fixtures/some-settings.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";
import { aClock } from "./settable-clock.ts";

// In a year that no clock of a machine has reached: the tables' own TTL must not do the purge's work.
const DAY_ONE = Date.parse("2060-03-01T00:00:00Z");
const DAY_MS = 86_400_000;
const MARK = "/marked-heron-5512";
const onDay = (number: number, hour = 2) => toEpochMs(DAY_ONE + (number - 1) * DAY_MS + hour * 3_600_000);

let store: TestWarehouse;
let log: Log;
let folder: string;
let journal: JournalBook;
const clock = aClock();

beforeAll(async () => {
  store = await openTestWarehouse();
  await makeDiskPlain(store.warehouse);
  folder = mkdtempSync(join(tmpdir(), "roebuck-purge-"));
  log = await openSqliteLog({ folder, clock, role: "writer", syncToDisk: false });
});
afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const TABLES = [
  "engagement",
  "behaviour",
  "feedback",
  "attendance",
  "drops",
  "people",
  "held",
  "runs",
  "audit",
  "records",
  "partners",
];

beforeEach(async () => {
  journal = new JournalBook();
  for (const table of TABLES) await store.warehouse.execute({ sql: `TRUNCATE TABLE ${table} SYNC` });
});

function aService(changes: Partial<PurgeService> = {}): PurgeService {
  return {
    warehouse: store.warehouse,
    log,
    clock,
    settings: someSettings({}),
    journal: () => journal,
    storedUntilMs: () => clock.nowMs(),
    ...changes,
  };
}

function anAction(day: number, changes: Partial<Action> = {}): Action {
  const id = toTestId(day * 1_000 + Number(changes.id ?? 0));
  return {
    partner: "acme",
    person: "ann",
    atMs: onDay(day, 10),
    type: "page_view",
    site: "main",
    path: "/",
    resource: "",
    full: false,
    ...changes,
    id,
  };
}

async function rowsOf(table: string, columns = "toString(count()) AS c"): Promise<unknown[]> {
  const final = ["people", "held"].includes(table) ? "FINAL" : "";
  return store.warehouse.rows({ sql: `SELECT ${columns} FROM ${table} ${final} ORDER BY ALL` });
}

const hold = (partner?: string, on = true): Decision => ({
  kind: "hold",
  atMs: toEpochMs(0),
  id: "h",
  on,
  reference: "court 1",
  ...(partner === undefined ? {} : { partner }),
});

describe("the purge", () => {
  it("leaves all of day 1 on day 365 and nothing on day 366, in any table or file", async () => {
    await insertActions(store.warehouse, [anAction(1, { path: MARK }), anAction(2), anAction(200)]);
    await insertOthers(store.warehouse, [
      { table: "behaviour", partner: "acme", id: toTestId(1), atMs: onDay(1, 23), reason: "" },
      { table: "feedback", partner: "acme", id: toTestId(2), atMs: onDay(1, 0), reason: "" },
      { table: "attendance", partner: "acme", id: toTestId(5), atMs: onDay(1, 9), reason: "" },
      { table: "drops", partner: "acme", id: toTestId(3), atMs: onDay(1, 12), reason: "robot" },
      { table: "drops", partner: "acme", id: toTestId(4), atMs: onDay(2, 12), reason: "robot" },
    ]);
    clock.set(onDay(365));
    expect(
      (await purge(aService(), { dryRun: false }, "test")).tables.every(({ rowsBefore }) => rowsBefore === 0),
    ).toBe(true);
    expect(countInFiles(store.folder, MARK)).toBeGreaterThan(0);

    clock.set(onDay(366));
    const certificate = await purge(aService(), { dryRun: false }, "test");
    expect(certificate.lastDay).toBe("2060-03-01");
    expect(certificate.tables).toEqual([
      { table: "engagement", partitions: ["20600301"], rowsBefore: 1, rowsAfter: 0, held: 0 },
      { table: "behaviour", partitions: ["20600301"], rowsBefore: 1, rowsAfter: 0, held: 0 },
      { table: "feedback", partitions: ["20600301"], rowsBefore: 1, rowsAfter: 0, held: 0 },
      { table: "attendance", partitions: ["20600301"], rowsBefore: 1, rowsAfter: 0, held: 0 },
      { table: "drops", partitions: ["20600301"], rowsBefore: 1, rowsAfter: 0, held: 0 },
    ]);
    expect(findFiles(store.folder, MARK)).toEqual([]);
    expect(await rowsOf("engagement")).toEqual([{ c: "2" }]);
    expect(await rowsOf("drops")).toEqual([{ c: "1" }]);
  });

  it("shows in a dry run what would go, and changes nothing", async () => {
    await insertActions(store.warehouse, [anAction(1), anAction(2, { id: "1" }), anAction(2, { id: "2" })]);
    clock.set(onDay(367));
    const certificate = await purge(aService(), { dryRun: true }, "test");
    expect(certificate.tables[0]).toEqual({
      table: "engagement",
      partitions: ["20600301", "20600302"],
      rowsBefore: 3,
      rowsAfter: 3,
      held: 0,
    });
    expect(toCertificateLines(certificate).join("\n")).toMatch(
      /engagement +2 +2060-03-01 +2060-03-02 +3 +3[\s\S]*Dry run: nothing was changed\./,
    );
    expect(await rowsOf("engagement")).toEqual([{ c: "3" }]);
    expect(await rowsOf("people")).toEqual([{ c: "0" }]);
    expect(await rowsOf("runs")).toEqual([{ c: "0" }]);
  });

  it("keeps its certificate, and notes who purged before anything goes", async () => {
    await insertActions(store.warehouse, [anAction(1)]);
    clock.set(onDay(366));
    const { id } = await purge(aService(), { dryRun: false }, "wren");
    expect(await rowsOf("runs", "toString(id) AS id, kind, subject, outcome, detail")).toEqual([
      {
        id,
        kind: "purge",
        subject: "2060-03-01",
        outcome: "done",
        detail: expect.stringContaining('"table":"engagement","partitions":["20600301"],"rowsBefore":1,"rowsAfter":0'),
      },
    ]);
    expect(await store.warehouse.rows({ sql: "SELECT actor, action, subject FROM audit" })).toEqual([
      { actor: "wren", action: "purge", subject: "2060-03-01" },
    ]);
  });

  it("remembers the last day of everyone whose rows go, once, and of nobody else", async () => {
    await insertActions(store.warehouse, [
      anAction(1),
      anAction(2),
      anAction(1, { person: "bob", id: "1" }),
      anAction(1, { person: "", id: "2" }),
    ]);
    for (const day of [366, 366, 367]) {
      clock.set(onDay(day));
      await purge(aService(), { dryRun: false }, "test");
    }
    expect(await rowsOf("people", "partner, toString(pseudonym) AS who, epoch, toString(last_day) AS last")).toEqual([
      { partner: "acme", who: "ann_____________", epoch: 1, last: "2060-03-02" },
      { partner: "acme", who: "bob_____________", epoch: 1, last: "2060-03-01" },
    ]);
  });
});

describe("a legal hold", () => {
  const rows = [anAction(1, { path: MARK }), anAction(1, { partner: "zeta", path: "/other", id: "1" })];

  it("keeps one Partner's rows aside, whole, and lets the others go", async () => {
    await insertActions(store.warehouse, rows);
    journal.add(hold("acme"));
    clock.set(onDay(366));
    const { tables } = await purge(aService(), { dryRun: false }, "test");
    expect(tables[0]).toMatchObject({ rowsBefore: 2, rowsAfter: 0, held: 1 });
    expect(await rowsOf("held", "source, partner, toString(pseudonym) AS who, body")).toEqual([
      {
        source: "engagement",
        partner: "acme",
        who: "ann_____________",
        body: expect.stringContaining(`"path":"${MARK.replaceAll("/", "\\/")}"`),
      },
    ]);
    expect(await rowsOf("engagement")).toEqual([{ c: "0" }]);
  });

  it("on everyone keeps everything, through later purges too", async () => {
    await insertActions(store.warehouse, rows);
    journal.add(hold());
    for (const day of [366, 367, 400]) {
      clock.set(onDay(day));
      await purge(aService(), { dryRun: false }, "test");
    }
    expect(await rowsOf("held")).toEqual([{ c: "2" }]);
  });

  it("that is released lets its rows go with the next purge, to the last byte", async () => {
    await insertActions(store.warehouse, rows);
    journal.add(hold("acme"));
    clock.set(onDay(366));
    await purge(aService(), { dryRun: false }, "test");
    expect(countInFiles(store.folder, MARK.replaceAll("/", "\\/"))).toBeGreaterThan(0);
    journal.add(hold("acme", false));
    expect((await purge(aService(), { dryRun: true }, "test")).released).toBe(1);
    expect((await purge(aService(), { dryRun: false }, "test")).released).toBe(1);
    expect(await rowsOf("held")).toEqual([{ c: "0" }]);
    expect(findFiles(store.folder, MARK.slice(1))).toEqual([]);
  });
});

describe("a purge that is killed", () => {
  it("at any of its steps is finished by the next, with the same outcome", async () => {
    const rows = [1, 2, 3].flatMap((day) => [
      anAction(day, { path: MARK }),
      anAction(day, { partner: "zeta", person: "bob", id: "1" }),
    ]);
    const outcome = async () => [
      await rowsOf("engagement"),
      await rowsOf("people", "partner, toString(pseudonym) AS who, toString(last_day) AS last"),
      await rowsOf("held", "partner, toString(at) AS at"),
    ];
    const run = async (failAt: number): Promise<boolean> => {
      for (const table of TABLES) await store.warehouse.execute({ sql: `TRUNCATE TABLE ${table} SYNC` });
      await insertActions(store.warehouse, rows);
      clock.set(onDay(367));
      const killed = await purge(
        aService({ warehouse: dyingAt(store.warehouse, failAt) }),
        { dryRun: false },
        "test",
      ).then(
        () => false,
        () => true,
      );
      if (killed) await purge(aService(), { dryRun: false }, "test");
      return killed;
    };
    journal.add(hold("acme"));
    await run(Number.POSITIVE_INFINITY);
    const whole = await outcome();
    let step = 0;
    while (await run(++step)) expect([step, await outcome()]).toEqual([step, whole]);
    expect(step).toBeGreaterThan(5);
  });
});

/** A warehouse whose caller dies at its `step`th change: before the change at odd steps, after it at even ones. */
function dyingAt(warehouse: Warehouse, step: number): Warehouse {
  let changes = 0;
  const die = async (change: () => Promise<void>): Promise<void> => {
    changes += 2;
    if (changes - 1 === step) throw new Error("killed");
    if (changes - 1 < step || step === Number.POSITIVE_INFINITY) await change();
    if (changes >= step) throw new Error("killed");
  };
  return {
    rows: <Row>(statement: Statement) => warehouse.rows<Row>(statement),
    execute: (statement) => die(() => warehouse.execute(statement)),
    insertRows: (table, rows, token) => die(() => warehouse.insertRows(table, rows, token)),
    insertArrow: (...given) => die(() => warehouse.insertArrow(...given)),
    stream: (...given) => warehouse.stream(...given),
    insertStream: (...given) => die(() => warehouse.insertStream(...given)),
    ping: () => warehouse.ping(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

describe("a purge during a close", () => {
  it("changes nothing of the record, even in the last hour in which the month can be closed", async () => {
    await insertPartners(store.warehouse, [{ id: "acme", zone: "UTC" }]);
    const days = [1, 2, 28].map((day) => anAction(day, { path: `/${day}` }));
    await insertActions(store.warehouse, [...days, anAction(1, { person: "bob", atMs: onDay(1, 0), id: "1" })]);
    const settings = { ...CLOSE_SETTINGS, peopleMin: 1, defaultZone: "UTC" };
    // The last moment is 363 days after the month began; then comes the night.
    clock.set(toEpochMs(onDay(364, 0)));
    const alone = await closeMonth({ warehouse: store.warehouse, clock, settings }, aMonth("2060-03"));
    const before = await readRecord(store.warehouse, aMonth("2060-03"), "acme");
    let purges = 0;
    const disturbed: Warehouse = {
      ...dyingAt(store.warehouse, Number.POSITIVE_INFINITY),
      execute: async (statement) => {
        await store.warehouse.execute(statement);
        clock.set(toEpochMs(onDay(364, 20)));
        await purge(aService(), { dryRun: false }, "test");
        purges += 1;
      },
    };
    clock.set(toEpochMs(onDay(364, 0)));
    const again = await closeMonth({ warehouse: disturbed, clock, settings }, aMonth("2060-03"));
    expect(purges).toBeGreaterThan(5);
    expect(again.partners.map(({ figures, changed }) => ({ figures, changed }))).toEqual(
      alone.partners.map(({ figures }) => ({ figures, changed: false })),
    );
    expect(await readRecord(store.warehouse, aMonth("2060-03"), "acme")).toEqual(before);
  });
});
