import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TransformThreadData } from "../../api/transform-thread-entry.ts";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { TABLE_NAMES } from "../../schemas/columns.ts";
import { type EpochMs, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Clock, Log, LogRecord, Warehouse } from "../../schemas/ports.ts";
import { followJournal } from "../../transform/journal-follow.ts";
import { startTransformThread, type TransformThread } from "../../transform/transform-thread.ts";
import { openClickhouseWarehouse } from "../../transform/warehouse/clickhouse-warehouse.ts";
import { runTransform } from "../../transform/worker.ts";
import { someSettings } from "../fixtures/some-settings.ts";
import {
  anEvent,
  anEventId,
  aPartnerDecision,
  aPerson,
  aRecord,
  aSealedBeacon,
  decideIn,
  HOUR_MS,
  LIMITS,
  NOW,
  someKeys,
  someStatistics,
} from "../fixtures/transform-events.ts";
import { toRandom } from "../fixtures/transform-traffic.ts";
import { openLossyProxy, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

const SETTINGS = { ...LIMITS, batchRecordsMax: 1_000, batchWaitMs: 10 };
const KEYS = someKeys("acme", "beta");
const clock: Clock = { nowMs: () => NOW };

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened[Symbol.asyncDispose]());
beforeEach(async () => {
  for (const table of TABLE_NAMES) await opened.warehouse.execute({ sql: `TRUNCATE TABLE ${table}` });
});

let logs = 0;
/** A log of its own for each test, with the Partners on file. */
async function openLog(): Promise<{ log: Log; folder: string }> {
  const folder = join(opened.folder, `installation-${++logs}`, "log");
  const log = await openSqliteLog({ folder, clock, role: "writer", syncToDisk: false });
  await decideIn(log, aPartnerDecision(), aPartnerDecision({ id: "beta" }));
  return { log, folder };
}

/** Runs the transform until everything that is on the log now is stored. */
async function drain(log: Log, warehouse: Warehouse, { storeEpoch = logs, nowMs = NOW } = {}): Promise<void> {
  const stopping = new AbortController();
  await runTransform({
    log,
    warehouse,
    journal: await followJournal(log, stopping.signal),
    keys: () => Promise.resolve(KEYS),
    clock: { nowMs: () => nowMs },
    settings: SETTINGS,
    logger: { info: () => undefined, warn: () => undefined },
    signal: stopping.signal,
    // Tests share a warehouse, so their tokens must differ.
    storeEpoch,
    onMetrics: ({ lag, storedUntilMs }) => {
      if (lag === 0 && storedUntilMs > 0) stopping.abort();
    },
  });
}

async function count(sql: string): Promise<number> {
  const [row] = await opened.warehouse.rows<{ c: string }>({ sql: `SELECT count() AS c FROM ${sql}` });
  return Number(row?.c);
}

const someBeacons = (number: number, ptn = "acme"): LogRecord[] =>
  Array.from({ length: number }, (_, i) =>
    aRecord(aSealedBeacon({ person: aPerson({ ptn }), events: [anEvent({ id: anEventId(i) })] })),
  );

describe("the transform", () => {
  test("brings events to the tables of their purpose, and counts the rest by reason", async () => {
    const { log } = await openLog();
    await using _ = log;
    const agreed = aPerson({ consent: { behaviour: true, feedback: true } });
    const old = toEpochMs(NOW - 100 * HOUR_MS);
    await log.append("events", [
      aRecord(
        aSealedBeacon({ events: [anEvent(), anEvent({ type: "search", term: "grants" }), anEvent({ type: "click" })] }),
      ),
      aRecord(
        aSealedBeacon({ person: agreed, events: [anEvent({ type: "leave", engagedMs: 900 }), anEvent({ atMs: old })] }),
      ),
      aRecord(aSealedBeacon({ person: agreed, events: [anEvent({ type: "feedback", score: 5 })] })),
      aRecord(aSealedBeacon({ person: aPerson({ ptn: "nobody" }) })),
      aRecord(someStatistics()),
    ]);
    await drain(log, opened.warehouse);
    expect(await count("engagement")).toBe(2);
    expect(await count("behaviour WHERE engaged_ms = 900 AND device = 'desktop'")).toBe(1);
    expect(await count("feedback WHERE score = 5")).toBe(1);
    expect(await count("statistics_hourly WHERE views = 3")).toBe(1);
    const drops = await opened.warehouse.rows({ sql: "SELECT partner, reason FROM drops ORDER BY reason" });
    expect(drops).toEqual([
      { partner: "acme", reason: "no_consent" },
      { partner: "nobody", reason: "partner_unknown" },
      { partner: "acme", reason: "too_old" },
    ]);
  });

  test("gives a person one pseudonym for what they agreed to and another for their engagement, and others at another Partner", async () => {
    const { log } = await openLog();
    await using _ = log;
    const consent = { consent: { behaviour: true, feedback: true } };
    for (const ptn of ["acme", "beta"]) {
      const events = [anEvent(), anEvent({ type: "click" }), anEvent({ type: "feedback" })];
      await log.append("events", [aRecord(aSealedBeacon({ person: aPerson({ ptn, ...consent }), events }))]);
    }
    await drain(log, opened.warehouse);
    const rows = await opened.warehouse.rows<{ people: string }>({
      sql: `SELECT partner, uniqExact(pseudonym) AS people FROM
            (SELECT partner, pseudonym FROM behaviour UNION ALL SELECT partner, pseudonym FROM feedback)
            GROUP BY partner ORDER BY partner`,
    });
    expect(rows.map(({ people }) => people)).toEqual(["1", "1"]);
    expect(await count("(SELECT pseudonym FROM engagement GROUP BY pseudonym)")).toBe(2);
    expect(await count("engagement WHERE pseudonym IN (SELECT pseudonym FROM behaviour)")).toBe(0);
  });

  test("stops counting a Partner's people when it leaves, also for what waits on the log", async () => {
    const { log } = await openLog();
    await using _ = log;
    await log.append("events", someBeacons(2));
    await drain(log, opened.warehouse);
    await log.append("events", someBeacons(5));
    await decideIn(log, aPartnerDecision({ leftMs: toEpochMs(NOW - 1) }));
    await drain(log, opened.warehouse);
    expect(await count("engagement")).toBe(2);
    expect(await count("drops WHERE reason = 'partner_left'")).toBe(5);
  });

  test("puts a record aside that it cannot read, and goes on", async () => {
    const { log } = await openLog();
    await using _ = log;
    const [one, two] = someBeacons(2);
    await log.append(
      "events",
      [one, aRecord("no JSON"), aRecord({ kind: "beacon", v: 2 }), two].filter((r) => r !== undefined),
    );
    await drain(log, opened.warehouse);
    expect(await count("engagement")).toBe(2);
    expect(await log.ends("quarantine")).toEqual(new Map([[0, 2]]));
  });

  test("adds nothing when it starts again after the insert and before the end of its range", async () => {
    const { log } = await openLog();
    await using _ = log;
    await log.append("events", someBeacons(20));
    for (const table of ["engagement", "resources"]) {
      await expect(drain(log, failingAfter(opened.warehouse, table))).rejects.toThrow("killed");
    }
    expect(await count("engagement")).toBe(20);
    await log.append("events", someBeacons(3));
    await drain(log, opened.warehouse);
    expect(await count("engagement")).toBe(23);
    expect(await count("(SELECT event_id FROM engagement GROUP BY event_id)")).toBe(20);
  });

  test("adds nothing when answers are lost after the inserts were stored", async () => {
    const { log } = await openLog();
    await using _ = log;
    await log.append("events", someBeacons(30));
    await using proxy = await openLossyProxy(opened.access.url);
    await using warehouse = openClickhouseWarehouse({ ...opened.access, url: proxy.url });
    proxy.lose = 3;
    await drain(log, warehouse);
    expect(await count("engagement")).toBe(30);
  });

  test("leaves the same distinct events when each is delivered three times in any order", async () => {
    const { log } = await openLog();
    await using _ = log;
    const random = toRandom(11);
    const once = someBeacons(200);
    const thrice = [...once, ...once, ...once].map((record) => ({ record, place: random() }));
    const shuffled = thrice.sort((a, b) => a.place - b.place).map(({ record }) => record);
    for (let i = 0; i < shuffled.length; i += 150) {
      await log.append("events", shuffled.slice(i, i + 150));
      await drain(log, opened.warehouse);
    }
    expect(await count("engagement")).toBe(600);
    expect(await count("(SELECT event_id FROM engagement GROUP BY event_id)")).toBe(200);
    expect(await count("(SELECT * FROM resources FINAL)")).toBe(1);
  });

  test("waits while the warehouse is killed, and stores everything once it is back", async () => {
    await using other = await openTestWarehouse();
    const { log } = await openLog();
    await using _ = log;
    process.kill(other.engine.pid, "SIGKILL");
    await log.append("events", someBeacons(40));
    await drain(log, other.warehouse);
    const [row] = await other.warehouse.rows<{ c: string }>({ sql: "SELECT count() AS c FROM engagement" });
    expect(row?.c).toBe("40");
  });
});

/** A warehouse that dies when it has taken an insert into a table, before anyone hears of it. */
function failingAfter(warehouse: Warehouse, last: string): Warehouse {
  return {
    rows: (statement) => warehouse.rows(statement),
    execute: (statement) => warehouse.execute(statement),
    insertRows: (...given) => warehouse.insertRows(...given),
    stream: (...given) => warehouse.stream(...given),
    insertStream: (...given) => warehouse.insertStream(...given),
    ping: () => warehouse.ping(),
    async insertArrow(table, ...given) {
      await warehouse.insertArrow(table, ...given);
      if (table === last) throw new Error("killed");
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

describe("startTransformThread()", () => {
  const now: EpochMs = toEpochMs(Date.now());
  const beaconNow = (number: number) =>
    aRecord(aSealedBeacon({ receivedMs: now, events: [anEvent({ id: anEventId(number), atMs: now })] }));

  async function start(log: Log, folder: string): Promise<TransformThread> {
    const keyFile = join(folder, "..", `keys-${logs}.json`);
    const secret = Buffer.alloc(32, 3).toString("base64url");
    const epochs = [{ epoch: 1, from: "", root: secret }];
    await writeFile(keyFile, JSON.stringify({ v: 1, epochs, salts: { "": secret, acme: secret } }), { mode: 0o600 });
    const data: TransformThreadData = {
      settings: someSettings({ ROEBUCK_DATA_DIR: dirname(folder) }),
      warehouse: opened.access,
      keyFile,
      limits: SETTINGS,
    };
    // Each test has a log of its own in the one warehouse: for the store, a new life.
    const life = { epoch: logs, began_at: toStoreTime(now), reason: "test" };
    await opened.warehouse.insertRows("store_epochs", [life]);
    const logger = { info: () => undefined, warn: () => undefined };
    return startTransformThread({
      entry: new URL("../../api/transform-thread-entry.ts", import.meta.url),
      data,
      log,
      logger,
    });
  }

  test("stores and quarantines from a thread of its own, and stops", async () => {
    const { log, folder } = await openLog();
    await using _ = log;
    await using thread = await start(log, folder);
    expect(thread.isRunning()).toBe(true);
    await log.append("events", [beaconNow(1), aRecord("no JSON"), beaconNow(2)]);
    await expect.poll(() => thread.metrics().stored[0], { timeout: 20_000 }).toBe(3);
    expect(thread.metrics()).toMatchObject({ kept: 2, quarantined: 1 });
    expect(await log.ends("quarantine")).toEqual(new Map([[0, 1]]));
    await thread.stop();
    expect(thread.isRunning()).toBe(false);
    expect(await count("engagement")).toBe(2);
  });

  test("ends the thread rather than guess at a decision that it cannot read", async () => {
    const { log, folder } = await openLog();
    await using _ = log;
    await using thread = await start(log, folder);
    // An entry of the journal that no release knows stops the transform: it must not guess.
    await log.append("journal", [aRecord({ v: 1, kind: "later" })]);
    await log.append("events", [beaconNow(1)]);
    await expect.poll(() => thread.isRunning(), { timeout: 20_000 }).toBe(false);
    expect(await count("engagement")).toBe(0);
  });

  test("throws if the first thread cannot open what it needs", async () => {
    const { log, folder } = await openLog();
    await using _ = log;
    await mkdir(join(folder, "empty"));
    await expect(start(log, join(folder, "empty"))).rejects.toThrow("groups.db");
  });
});
