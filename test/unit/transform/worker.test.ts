import { afterEach, describe, expect, test } from "vitest";
import type { PseudonymKeys } from "../../../schemas/keyring.ts";
import { WarehouseRefused, WarehouseUnavailable } from "../../../schemas/ports.ts";
import { followJournal } from "../../../transform/journal-follow.ts";
import { KeysUnavailable } from "../../../transform/keys.ts";
import { NO_METRICS, type TransformMetrics } from "../../../transform/metrics.ts";
import { runTransform, type TransformParts } from "../../../transform/worker.ts";
import {
  anEvent,
  anEventId,
  aPartnerDecision,
  aPerson,
  aRecord,
  aSealedBeacon,
  decideIn,
  LIMITS,
  NOW,
  someKeys,
} from "../../fixtures/transform-events.ts";
import { TransformMemoryLog, TransformMemoryWarehouse } from "../../fixtures/transform-memory.ts";
import { toRows } from "../../fixtures/transform-rows.ts";

const abort: AbortController[] = [];
afterEach(() => {
  for (const controller of abort.splice(0)) controller.abort();
});

/** A transform over memory; `until` waits for what its metrics should say. */
async function start(log: TransformMemoryLog, warehouse: TransformMemoryWarehouse, more: Partial<TransformParts> = {}) {
  const controller = new AbortController();
  abort.push(controller);
  let metrics: TransformMetrics = NO_METRICS;
  const said: string[] = [];
  const running = runTransform({
    log,
    warehouse,
    journal: await followJournal(log, controller.signal),
    keys: () => Promise.resolve(keys),
    clock: { nowMs: () => NOW },
    settings: { ...LIMITS, batchRecordsMax: 100, batchWaitMs: 1 },
    logger: { info: (sentence) => said.push(sentence), warn: (sentence) => said.push(sentence) },
    signal: controller.signal,
    onMetrics: (latest) => {
      metrics = latest;
    },
    ...more,
  });
  return {
    said,
    metrics: () => metrics,
    running,
    until: (test: (metrics: TransformMetrics) => boolean) =>
      expect.poll(() => test(metrics), { interval: 2, timeout: 20_000 }).toBe(true),
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

const keys = someKeys("acme", "beta");

async function aLog(...values: unknown[]): Promise<TransformMemoryLog> {
  const log = new TransformMemoryLog();
  await decideIn(log, aPartnerDecision());
  await log.append(
    "events",
    values.map((value) => aRecord(value)),
  );
  return log;
}

const stored = (count: number) => (metrics: TransformMetrics) => metrics.stored[0] === count;
const idsOf = (warehouse: TransformMemoryWarehouse) =>
  toRows([...warehouse.inserts.values()]).engagement?.map(({ event_id }) => event_id) ?? [];

describe("runTransform()", { timeout: 30_000 }, () => {
  test("stores what is on the log and says how far it is", async () => {
    const log = await aLog(aSealedBeacon(), aSealedBeacon({ events: [anEvent(), anEvent({ type: "click" })] }));
    const warehouse = new TransformMemoryWarehouse();
    const transform = await start(log, warehouse);
    await transform.until(({ storedUntilMs }) => storedUntilMs === NOW);
    expect(transform.metrics()).toMatchObject({
      records: 2,
      events: 3,
      kept: 2,
      lag: 0,
      stored: { 0: 2 },
      dropped: { no_consent: 1, robot: 0 },
      rows: { engagement: 2, drops: 1, resources: 1 },
    });
    await transform.stop();
    expect([...warehouse.inserts.keys()].sort()).toEqual([
      "1:events:0:0-1:drops",
      "1:events:0:0-1:engagement",
      "1:events:0:0-1:resources",
    ]);
  });

  test("says that everything is stored when it finds an empty log", async () => {
    const transform = await start(await aLog(), new TransformMemoryWarehouse());
    await transform.until(({ storedUntilMs, stored: { 0: end } }) => storedUntilMs === NOW && (end ?? 0) === 0);
    await transform.stop();
  });

  test("repeats the range and its tokens after a stop between insert and done", async () => {
    const log = await aLog(aSealedBeacon(), aSealedBeacon());
    const warehouse = new TransformMemoryWarehouse();
    log.failing.set("done", Number.POSITIVE_INFINITY);
    const first = await start(log, warehouse);
    await first.until(({ failing }) => failing > 0);
    await first.stop();
    expect(log.noted).toEqual({ first: 0, last: 1 });
    log.failing.clear();
    await log.append("events", [aRecord(aSealedBeacon())]);
    const second = await start(log, warehouse);
    await second.until(stored(3));
    await second.stop();
    expect(idsOf(warehouse)).toHaveLength(3);
    expect([...warehouse.inserts.keys()].filter((token) => token.endsWith(":engagement"))).toEqual([
      "1:events:0:0-1:engagement",
      "1:events:0:2-2:engagement",
    ]);
  });

  test("counts tokens of another store epoch apart", async () => {
    const warehouse = new TransformMemoryWarehouse();
    const transform = await start(await aLog(aSealedBeacon()), warehouse, { storeEpoch: 7 });
    await transform.until(stored(1));
    await transform.stop();
    expect([...warehouse.inserts.keys()]).toContain("7:events:0:0-0:engagement");
  });

  const failures: readonly [string, Error][] = [
    ["away", new WarehouseUnavailable("Cannot insert now")],
    ["refusing", new WarehouseRefused("Cannot insert", 60)],
  ];
  test.each(failures)("waits while the warehouse is %s, and loses nothing", async (_, failure) => {
    const warehouse = new TransformMemoryWarehouse();
    warehouse.failures.push(failure, failure);
    const log = await aLog(aSealedBeacon());
    const transform = await start(log, warehouse);
    await transform.until(({ failing }) => failing === 1);
    expect(log.position).toBe(0);
    await transform.until(stored(1));
    await transform.stop();
    expect(idsOf(warehouse)).toHaveLength(1);
    expect(transform.metrics()).toMatchObject({ failures: 2, failing: 0, events: 1 });
    expect(transform.said).toEqual(["the transform waits", "the transform waits", "the transform goes on"]);
  });

  test.each(["next", "begin", "done", "ends", "append"] as const)("survives a log that fails at %s", async (call) => {
    const log = await aLog(aSealedBeacon(), "no JSON");
    const warehouse = new TransformMemoryWarehouse();
    const transform = await start(log, warehouse);
    await transform.until(stored(2));
    log.failing.set(call, 1);
    await transform.until(({ lag }) => lag === 0);
    for (const value of [aSealedBeacon(), "no JSON"]) {
      await expect
        .poll(() =>
          log.append("events", [aRecord(value)]).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
    }
    await transform.until(stored(4));
    await transform.stop();
    expect(idsOf(warehouse)).toHaveLength(2);
    expect(log.read("quarantine")).toHaveLength(2);
  });

  test("quarantines a record that it cannot read before it moves on", async () => {
    const log = await aLog("no JSON", aSealedBeacon(), { kind: "beacon", v: 9 });
    const transform = await start(log, new TransformMemoryWarehouse());
    await transform.until(stored(3));
    await transform.stop();
    expect(log.read("quarantine").map(({ key }) => key)).toEqual(["events:0:0", "events:0:2"]);
    expect(transform.metrics()).toMatchObject({ quarantined: 2, events: 1 });
  });

  /** Takes no body in which the event with this number is. */
  function refuseEvent(number: number): TransformMemoryWarehouse {
    const id = Buffer.from(anEventId(number).replaceAll("-", ""), "hex");
    return new (class extends TransformMemoryWarehouse {
      override async insertArrow(table: string, columns: readonly string[], body: Uint8Array, token: string) {
        if (Buffer.from(body).includes(id)) throw new WarehouseRefused("Cannot insert: a row is refused", 117);
        return super.insertArrow(table, columns, body, token);
      }
    })();
  }
  const events = (count: number) =>
    Array.from({ length: count }, (_, index) => aSealedBeacon({ events: [anEvent({ id: anEventId(index + 1) })] }));

  test("finds the one record that ClickHouse refuses, quarantines it, and stores its neighbours once", async () => {
    const log = await aLog(...events(9));
    const warehouse = refuseEvent(4);
    const transform = await start(log, warehouse);
    await transform.until(stored(9));
    expect(idsOf(warehouse).sort()).toEqual(
      [1, 2, 3, 5, 6, 7, 8, 9].map((number) => anEventId(number).replaceAll("-", "")),
    );
    const [quarantined, ...more] = log
      .read("quarantine")
      .map(({ value }) => JSON.parse(new TextDecoder().decode(value)));
    expect(more).toEqual([]);
    expect(quarantined).toMatchObject({ reason: "refused", stream: "events", offset: 3 });
  });

  test("blames no record when ClickHouse refuses every row, but waits", async () => {
    const log = await aLog(...events(4));
    const warehouse = new TransformMemoryWarehouse();
    warehouse.failures.push(...Array.from({ length: 7 }, () => new WarehouseRefused("Cannot insert: refused", 117)));
    const transform = await start(log, warehouse);
    await transform.until(({ failures }) => failures > 0);
    expect(log.read("quarantine")).toEqual([]);
    await transform.until(stored(4));
    expect(new Set(idsOf(warehouse)).size).toBe(4);
  });

  test("hands quarantined records to whoever may append", async () => {
    const log = await aLog("no JSON");
    const handed: string[] = [];
    const appendQuarantined: TransformParts["appendQuarantined"] = async (records) => {
      handed.push(...records.map(({ key }) => key));
    };
    const transform = await start(log, new TransformMemoryWarehouse(), { appendQuarantined });
    await transform.until(stored(1));
    await transform.stop();
    expect(handed).toEqual(["events:0:0"]);
    expect(log.read("quarantine")).toEqual([]);
  });

  test("knows a Partner that was journaled before its event, however late the journal is read", async () => {
    const log = await aLog();
    const warehouse = new TransformMemoryWarehouse();
    const transform = await start(log, warehouse);
    await transform.until(({ storedUntilMs }) => storedUntilMs === NOW);
    await decideIn(log, aPartnerDecision({ id: "beta" }));
    await log.append("events", [aRecord(aSealedBeacon({ person: aPerson({ ptn: "beta" }) }))]);
    await transform.until(stored(1));
    await transform.stop();
    expect(idsOf(warehouse)).toHaveLength(1);
  });

  test("takes new keys from the next batch on, and waits while they cannot be read", async () => {
    const log = await aLog(aSealedBeacon({ events: [anEvent({ id: anEventId(1) })] }));
    const warehouse = new TransformMemoryWarehouse();
    const answers: (PseudonymKeys | Error)[] = [new KeysUnavailable("Cannot read"), someKeys("other"), keys];
    const read = async () => {
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? keys;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const transform = await start(log, warehouse, { keys: read });
    await transform.until(stored(1));
    expect(transform.metrics().dropped.no_basis).toBe(1);
    await log.append("events", [aRecord(aSealedBeacon({ events: [anEvent({ id: anEventId(2) })] }))]);
    await transform.until(stored(2));
    await transform.stop();
    expect(idsOf(warehouse)).toEqual([anEventId(2).replaceAll("-", "")]);
  });

  test("stops while the warehouse is away, and leaves the range to be repeated", async () => {
    const log = await aLog(aSealedBeacon());
    const warehouse = new TransformMemoryWarehouse();
    for (let i = 0; i < 50; i++) warehouse.failures.push(new WarehouseUnavailable("Cannot insert now"));
    const transform = await start(log, warehouse);
    await transform.until(({ failing }) => failing > 0);
    await transform.stop();
    expect(log).toMatchObject({ position: 0, noted: { first: 0, last: 0 } });
  });

  test.each(["begin", "done"] as const)(
    "leaves a range to another member when %s says that it is theirs",
    async (call) => {
      const log = await aLog(aSealedBeacon(), aSealedBeacon());
      const warehouse = new TransformMemoryWarehouse();
      log.lost.add(call);
      const transform = await start(log, warehouse, { settings: { ...LIMITS, batchRecordsMax: 1, batchWaitMs: 1 } });
      await expect.poll(() => transform.said.length).toBe(1);
      expect(transform.said).toEqual(["a range went to another member of the group"]);
      await transform.until(({ records }) => records === 1);
      await transform.stop();
      expect(transform.metrics()).toMatchObject({ failures: 0, events: 1 });
    },
  );

  test("ends with the error if the journal has an entry that it cannot read", async () => {
    const log = await aLog();
    const transform = await start(log, new TransformMemoryWarehouse());
    await log.append("journal", [aRecord({ v: 1, kind: "objection" })]);
    await log.append("events", [aRecord(aSealedBeacon())]);
    await expect(transform.running).rejects.toThrow("Cannot read the journal at entry 2");
    expect(log.position).toBe(0);
  });
});
