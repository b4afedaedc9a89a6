import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventType, SealedBeacon } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import type { LogBatch } from "../../../schemas/ports.ts";
import { type PreparedRange, prepareRange } from "../../../transform/prepare.ts";
import {
  aNote,
  anEvent,
  anEventId,
  aPerson,
  aRecord,
  aSealedBeacon,
  HOUR_MS,
  NOW,
  someFacts,
  someStatistics,
} from "../../fixtures/transform-events.ts";
import { toRows } from "../../fixtures/transform-rows.ts";

function aBatch(values: readonly unknown[], first = 0): LogBatch {
  const records = values.map((value, i) => ({ ...aRecord(value), offset: first + i }));
  return { stream: "events", partition: 3, first, last: first + records.length - 1, records };
}

async function prepareAll(batch: LogBatch, eventsMax: number): Promise<PreparedRange[]> {
  const ranges: PreparedRange[] = [];
  for (let rest: LogBatch | undefined = batch; rest !== undefined; ) {
    const prepared: PreparedRange = await prepareRange(rest, someFacts(), eventsMax);
    ranges.push(prepared);
    rest = prepared.rest;
  }
  return ranges;
}

/** Beacons of all sorts: some lawful, some not. Ids are told by the position. */
const beacons: fc.Arbitrary<SealedBeacon[]> = fc
  .array(
    fc.record({
      ptn: fc.constantFrom("acme", "nobody"),
      robot: fc.boolean(),
      behaviour: fc.boolean(),
      events: fc.array(
        fc.record({
          type: fc.constantFrom<EventType>("page_view", "leave", "feedback", "download"),
          hoursAgo: fc.constantFrom(0, 1, 80, -1),
          path: fc.constantFrom("/a", "/b"),
        }),
        { maxLength: 4 },
      ),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ ptn, robot, behaviour, events }, i) =>
      aSealedBeacon({
        person: aPerson({ ptn, consent: { behaviour } }),
        agent: { device: "desktop", browser: "b", os: "o", robot },
        events: events.map(({ type, hoursAgo, path }, j) =>
          anEvent({ id: anEventId(i * 10 + j), type, path, title: `${i}`, atMs: toEpochMs(NOW - hoursAgo * HOUR_MS) }),
        ),
      }),
    ),
  );

// Each run builds Arrow bodies and reads them back, so there are fewer runs than usual, and patience.
const RUNS = { numRuns: 40 };

describe("prepareRange()", { timeout: 30_000 }, () => {
  test("passes over records that were emptied when a person was erased: neither quarantined nor dropped", async () => {
    const batch = aBatch([aSealedBeacon(), aSealedBeacon(), someStatistics()]);
    const records = batch.records.map((record) =>
      record.offset === 1 ? { ...record, key: "", value: new Uint8Array() } : record,
    );
    const { range, quarantined, outcome } = await prepareRange({ ...batch, records }, someFacts());
    const without = await prepareRange(aBatch([aSealedBeacon(), someStatistics()]), someFacts());
    expect([range.first, range.last]).toEqual([0, 2]);
    expect(quarantined).toEqual([]);
    expect(outcome).toEqual({ ...without.outcome, records: 3 });
    expect(outcome.events).toBeGreaterThan(0);
  });

  test("counts every event as kept or dropped, and makes one row of each", async () => {
    await fc.assert(
      fc.asyncProperty(beacons, async (list) => {
        const { outcome, bodies } = await prepareRange(aBatch(list), someFacts());
        const received = list.reduce((sum, { events }) => sum + events.length, 0);
        const dropped = [...outcome.dropped.values()].reduce((sum, count) => sum + count, 0);
        expect(outcome.events).toBe(received);
        expect(outcome.kept + dropped).toBe(received);
        const { engagement = [], behaviour = [], feedback = [], drops = [] } = toRows(bodies);
        expect(engagement.length + behaviour.length + feedback.length).toBe(outcome.kept);
        expect(drops.length).toBe(dropped);
      }),
      RUNS,
    );
  });

  test("gives the same rows however the log is cut", async () => {
    const toState = (ranges: readonly PreparedRange[]) => {
      const { resources = [], ...rest } = toRows(ranges.flatMap(({ bodies }) => bodies));
      // As the warehouse keeps them: the latest of each.
      const latest = new Map(resources.toSorted((a, b) => Number(a.at) - Number(b.at)).map((row) => [row.id, row]));
      return { rest, latest };
    };
    await fc.assert(
      fc.asyncProperty(beacons, fc.integer({ min: 1, max: 5 }), async (list, eventsMax) => {
        // Titles at one instant are told apart within a batch only, so no two events share theirs here.
        let ms = 0;
        const apart = list.map((beacon) => ({
          ...beacon,
          events: beacon.events.map((event) => ({ ...event, atMs: toEpochMs(event.atMs - ms++) })),
        }));
        const cut = await prepareAll(aBatch(apart), eventsMax);
        expect(toState(cut)).toEqual(toState(await prepareAll(aBatch(apart), 1_000)));
      }),
      RUNS,
    );
  });

  test("cuts the range before it exceeds the events of an insert, at the same place whenever it is asked", async () => {
    const three = () => aSealedBeacon({ events: [anEvent(), anEvent(), anEvent()] });
    const batch = aBatch([three(), three(), three()], 7);
    const cut = async (from: LogBatch) => (await prepareAll(from, 7)).map(({ range }) => [range.first, range.last]);
    expect(await cut(batch)).toEqual([
      [7, 8],
      [9, 9],
    ]);
    const [first] = await prepareAll(batch, 7);
    expect(await cut(first?.range ?? batch)).toEqual([[7, 8]]);
  });

  test("takes a record of more events than that by itself", async () => {
    const five = aSealedBeacon({ events: Array.from({ length: 5 }, () => anEvent()) });
    const ranges = await prepareAll(aBatch([five, five]), 3);
    expect(ranges.map(({ outcome }) => outcome.events)).toEqual([5, 5]);
  });

  test("puts what it cannot read aside with its place and reason, and goes on", async () => {
    const { quarantined, outcome } = await prepareRange(aBatch(["{", aSealedBeacon()], 40), someFacts());
    expect(outcome).toMatchObject({ records: 2, events: 1, kept: 1 });
    expect(quarantined.map(({ key }) => key)).toEqual(["events:3:40"]);
    expect(JSON.parse(new TextDecoder().decode(quarantined[0]?.value))).toEqual({
      v: 1,
      reason: "not_json",
      stream: "events",
      partition: 3,
      offset: 40,
      value: Buffer.from("{").toString("base64"),
    });
  });

  test("puts what a server did into the audit trail, wherever the range is cut, and counts it as no event", async () => {
    const batch = aBatch([aNote(), aSealedBeacon(), aNote({ actor: "other", detail: { refused: "partner_left" } })]);
    for (const eventsMax of [1, 1_000]) {
      const ranges = await prepareAll(batch, eventsMax);
      expect(toRows(ranges.flatMap(({ bodies }) => bodies)).audit).toEqual([
        {
          at: NOW,
          actor: "7kq2mxw3ab",
          action: "consents.tell",
          subject: "acme",
          detail: '{"received":2,"changed":1}',
        },
        { at: NOW, actor: "other", action: "consents.tell", subject: "acme", detail: '{"refused":"partner_left"}' },
      ]);
      expect(ranges.reduce((sum, { outcome }) => sum + outcome.events, 0)).toBe(1);
      expect(ranges.flatMap(({ quarantined }) => quarantined)).toEqual([]);
    }
  });

  test("adds anonymous sums as they are", async () => {
    const { bodies, outcome } = await prepareRange(aBatch([someStatistics({ views: 8 })]), someFacts());
    expect(outcome).toMatchObject({ events: 0, cells: 1 });
    expect(toRows(bodies).statistics_hourly).toMatchObject([{ path: "/", views: 8, visits: 1, country: "GB" }]);
  });
});
