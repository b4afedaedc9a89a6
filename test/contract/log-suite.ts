import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toEpochMs } from "../../schemas/ids.ts";
import {
  type BatchLimits,
  type Log,
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  LogUnavailable,
  type StoredRecord,
} from "../../schemas/ports.ts";
import { type SettableClock, someMs } from "./settable-clock.ts";

/** A log of one adapter, empty at first, and what a test may do to it. */
export interface LogUnderTest extends AsyncDisposable {
  /** The log as it is open now. */
  readonly log: Log;
  readonly clock: SettableClock;
  /** Closes the log and opens it again over what it stored. */
  restart(): Promise<void>;
  /** Makes appends to `events` impossible until `repair`. */
  breakDown(): Promise<void>;
  repair(): Promise<void>;
  /**
   * How long a consumer that has just joined must wait before nothing coming means that nothing is there, ms
   * (default: next to none). Brokers take a moment to hand out the first records of a partition.
   */
  readonly quietMs?: number;
}

/** How long a test waits for a record that is there, ms; it comes much sooner unless it is lost. */
const patienceMs = 20_000;

const roomy: BatchLimits = { recordsMax: 10_000, bytesMax: 64 * 1024 * 1024, waitMs: patienceMs };

/** `count` records over some keys, each with a text of its own. */
export function someRecords(count: number, name = "record", keys = 3): readonly LogRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${index % keys}`,
    value: Buffer.from(`${name} ${index}`),
  }));
}

/** The texts of records, as `someRecords` made them. */
export function toTexts(records: readonly LogRecord[]): readonly string[] {
  return records.map(({ value }) => Buffer.from(value).toString());
}

/** Takes batches until `count` records have come, or none comes any more. */
export async function takeRecords(consumer: LogConsumer, count: number, limits = roomy): Promise<readonly LogBatch[]> {
  const batches: LogBatch[] = [];
  for (let taken = 0; taken < count; ) {
    const batch = await consumer.next(limits);
    if (batch === undefined) break;
    batches.push(batch);
    taken += batch.records.length;
  }
  return batches;
}

/** Takes and does what is there until `count` records have come. */
export async function doRecords(consumer: LogConsumer, count: number, limits = roomy): Promise<readonly LogBatch[]> {
  const batches: LogBatch[] = [];
  for (let taken = 0; taken < count; ) {
    const batch = await consumer.next(limits);
    if (batch === undefined) break;
    await consumer.begin(batch);
    await consumer.done(batch);
    batches.push(batch);
    taken += batch.records.length;
  }
  return batches;
}

function toRecords(batches: readonly LogBatch[]): readonly StoredRecord[] {
  return batches.flatMap((batch) => batch.records);
}

function sorted(texts: readonly string[]): readonly string[] {
  return texts.toSorted();
}

/** Fails unless each batch is one range without gaps, and the ranges of a partition follow one another. */
export function expectContiguous(batches: readonly LogBatch[]): void {
  const nextOf = new Map<number, number>();
  for (const { partition, first, last, records } of batches) {
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => first + index));
    expect(records.at(-1)?.offset).toBe(last);
    expect(first).toBe(nextOf.get(partition) ?? first);
    nextOf.set(partition, last + 1);
  }
}

async function firstBatchOf(consumer: LogConsumer, partition: number, limits: BatchLimits): Promise<LogBatch> {
  for (;;) {
    const batch = await consumer.next(limits);
    if (batch === undefined) throw new Error(`no batch of partition ${partition} came`);
    if (batch.partition === partition) return batch;
  }
}

async function oneBatch(consumer: LogConsumer, limits = roomy): Promise<LogBatch> {
  const batch = await consumer.next(limits);
  if (batch === undefined) throw new Error("no batch came");
  return batch;
}

function sumOf(ends: ReadonlyMap<number, number>): number {
  return [...ends.values()].reduce((sum, end) => sum + end, 0);
}

/**
 * What every adapter of the `Log` port must do. Assumes nothing of the number of partitions, nor of the first
 * offset; a record is known by its text.
 *
 * @param open a fresh log
 * @param randomRuns how many random courses of restarts to try
 */
export function describeLogContract(name: string, open: () => Promise<LogUnderTest>, randomRuns: number): void {
  describe(name, () => {
    describeAppend(open);
    describeNext(open);
    describeRestart(open, randomRuns);
    describeFollow(open);
    describeCounts(open);
    describeExpire(open);
    describeTruncate(open);
    describeBlankOfKeyless(open);
    describeRewind(open);
    describeOutage(open);
  });
}

function describeAppend(open: () => Promise<LogUnderTest>): void {
  test("append() keeps every key and byte, also of an empty value", async () => {
    await using under = await open();
    const records: LogRecord[] = [
      { key: "a", value: Uint8Array.from({ length: 256 }, (_, byte) => byte) },
      { key: "Ünïcode 🦌", value: new Uint8Array() },
      { key: "a", value: Buffer.alloc(70_000, 7) },
    ];
    await under.log.append("events", records);
    await using consumer = await under.log.consume("events", "reader");
    const stored = toRecords(await takeRecords(consumer, 3));
    for (const { key, value } of records) {
      const same = stored.filter((record) => record.key === key && Buffer.from(record.value).equals(value));
      expect(same).toHaveLength(1);
    }
  });

  test("append() loses and doubles nothing when 300 callers append at once", async () => {
    await using under = await open();
    const records = someRecords(300, "at once", 20);
    await Promise.all(records.map((record) => under.log.append("events", [record])));
    await using consumer = await under.log.consume("events", "reader");
    expect(sorted(toTexts(toRecords(await takeRecords(consumer, 300))))).toEqual(sorted(toTexts(records)));
    expect(await consumer.next({ ...roomy, waitMs: 100 })).toBeUndefined();
  });

  test("append() resolves when there is nothing to append", async () => {
    await using under = await open();
    const before = sumOf(await under.log.ends("events"));
    await under.log.append("events", []);
    expect(sumOf(await under.log.ends("events"))).toBe(before);
  });

  test("append() keeps streams apart", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(2, "event"));
    await under.log.append("journal", someRecords(2, "choice"));
    await under.log.append("quarantine", someRecords(2, "unreadable"));
    await using consumer = await under.log.consume("journal", "reader");
    expect(sorted(toTexts(toRecords(await takeRecords(consumer, 2))))).toEqual(["choice 0", "choice 1"]);
    expect(await consumer.next({ ...roomy, waitMs: 100 })).toBeUndefined();
  });

  test("append() that was under way when the log closed is kept if it resolved", async () => {
    await using under = await open();
    const appends = someRecords(50, "late").map(async (record) => {
      await under.log.append("events", [record]);
      return toTexts([record])[0] ?? "";
    });
    const settled = Promise.allSettled(appends);
    await under.restart();
    const kept = (await settled).flatMap((append) => (append.status === "fulfilled" ? [append.value] : []));
    await using consumer = await under.log.consume("events", "reader");
    const stored = toTexts(toRecords(await takeRecords(consumer, kept.length)));
    expect(kept.filter((text) => !stored.includes(text))).toEqual([]);
  });
}

function describeNext(open: () => Promise<LogUnderTest>): void {
  test("next() gives ranges without gaps, and the records of a key in the order of their appends", async () => {
    await using under = await open();
    for (let round = 0; round < 10; round += 1) await under.log.append("events", someRecords(20, `round ${round}:`, 5));
    await using consumer = await under.log.consume("events", "reader");
    const batches = await takeRecords(consumer, 200, { ...roomy, recordsMax: 17 });
    expectContiguous(batches);
    expect(Math.max(...batches.map(({ records }) => records.length))).toBeLessThanOrEqual(17);
    for (let key = 0; key < 5; key += 1) {
      const texts = toTexts(toRecords(batches).filter((record) => record.key === `key-${key}`));
      const expected = Array.from({ length: 10 }, (_, round) =>
        [0, 5, 10, 15].map((index) => `round ${round}: ${index + key}`),
      ).flat();
      expect(texts).toEqual(expected);
    }
  });

  test("next() takes no more than bytesMax, but always one record", async () => {
    await using under = await open();
    const sizes = [10, 400, 300, 300, 5_000, 10, 10, 990, 20];
    await under.log.append(
      "events",
      sizes.map((bytes) => ({ key: "same", value: Buffer.alloc(bytes, 1) })),
    );
    await using consumer = await under.log.consume("events", "reader");
    const batches = await takeRecords(consumer, sizes.length, { ...roomy, bytesMax: 1_000 });
    expectContiguous(batches);
    expect(toRecords(batches).map(({ value }) => value.byteLength)).toEqual(sizes);
    for (const { records } of batches) {
      const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
      expect(records.length === 1 || bytes <= 1_000).toBe(true);
    }
  });

  test("next() answers undefined when nothing comes in time", async () => {
    await using under = await open();
    await using consumer = await under.log.consume("events", "reader");
    expect(await consumer.next({ ...roomy, waitMs: 120 })).toBeUndefined();
  });

  test("next() gives a record that is appended while it waits", async () => {
    await using under = await open();
    await using consumer = await under.log.consume("events", "reader");
    const waiting = consumer.next(roomy);
    await under.log.append("events", someRecords(1, "live"));
    expect(toTexts((await waiting)?.records ?? [])).toEqual(["live 0"]);
  });
}

function describeRestart(open: () => Promise<LogUnderTest>, randomRuns: number): void {
  test("next() repeats exactly the range that was begun when a restart came before done", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(40, "before", 1));
    let begun: LogBatch;
    {
      await using consumer = await under.log.consume("events", "reader");
      const done = await oneBatch(consumer, { ...roomy, recordsMax: 5 });
      await consumer.begin(done);
      await consumer.done(done);
      begun = await firstBatchOf(consumer, done.partition, { ...roomy, recordsMax: 12 });
      await consumer.begin(begun);
    }
    await under.log.append("events", someRecords(30, "after", 1));
    await under.restart();
    await using again = await under.log.consume("events", "reader");
    const repeated = await firstBatchOf(again, begun.partition, { recordsMax: 2, bytesMax: 1, waitMs: patienceMs });
    expect([repeated.first, repeated.last]).toEqual([begun.first, begun.last]);
    expect(toTexts(repeated.records)).toEqual(toTexts(begun.records));
    await again.begin(repeated);
    await again.done(repeated);
    const following = await firstBatchOf(again, begun.partition, roomy);
    expect(following.first).toBe(begun.last + 1);
  });

  test("next() repeats a begun range a second time when it was begun again and another restart came", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(9, "record", 1));
    const ranges: (readonly number[])[] = [];
    for (const recordsMax of [4, 100, 1]) {
      await using consumer = await under.log.consume("events", "reader");
      const batch = await oneBatch(consumer, { ...roomy, recordsMax });
      await consumer.begin(batch);
      ranges.push([batch.first, batch.last]);
    }
    await under.restart();
    expect(ranges).toEqual([ranges[0], ranges[0], ranges[0]]);
  });

  test("next() continues after what was done when the log is opened again", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(30));
    const done: LogBatch[] = [];
    {
      await using consumer = await under.log.consume("events", "reader");
      done.push(...(await doRecords(consumer, 10, { ...roomy, recordsMax: 10 })));
      await consumer.next({ ...roomy, recordsMax: 5 }); // handed out, never begun: comes again
    }
    await under.restart();
    await using consumer = await under.log.consume("events", "reader");
    const left = 30 - toRecords(done).length;
    const rest = await doRecords(consumer, left);
    expect(sorted(toTexts(toRecords([...done, ...rest])))).toEqual(sorted(toTexts(someRecords(30))));
    expect(await consumer.next({ ...roomy, waitMs: 100 })).toBeUndefined();
  });

  test("consume() gives each group everything", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(10));
    for (const group of ["first", "second"]) {
      await using consumer = await under.log.consume("events", group);
      expect(sorted(toTexts(toRecords(await doRecords(consumer, 10))))).toEqual(sorted(toTexts(someRecords(10))));
    }
  });

  test("next() gives every record under one range only, whatever the order of appends and restarts", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({
        kind: fc.constant("consume" as const),
        recordsMax: fc.integer({ min: 1, max: 20 }),
        stopAfter: fc.constantFrom("next" as const, "begin" as const, "done" as const),
      }),
      fc.record({ kind: fc.constant("restart" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using under = await open();
        await runCourse(under, steps);
      }),
      { numRuns: randomRuns, seed: 20261102 },
    );
  }, 600_000);
}

type Step =
  | { readonly kind: "append"; readonly count: number }
  | { readonly kind: "consume"; readonly recordsMax: number; readonly stopAfter: "next" | "begin" | "done" }
  | { readonly kind: "restart" };

/** Inserts by range as the warehouse does: a range that was begun counts once, however often it comes. */
async function runCourse(under: LogUnderTest, steps: readonly Step[]): Promise<void> {
  const inserted = new Map<string, readonly string[]>();
  const appended: string[] = [];
  const consumeOne = async (recordsMax: number, stopAfter: "next" | "begin" | "done", waitMs: number) => {
    await using consumer = await under.log.consume("events", "reader");
    const batch = await consumer.next({ ...roomy, recordsMax, waitMs });
    if (batch === undefined || stopAfter === "next") return batch;
    await consumer.begin(batch);
    inserted.set(`${batch.partition}:${batch.first}-${batch.last}`, toTexts(batch.records));
    if (stopAfter === "done") await consumer.done(batch);
    return batch;
  };
  for (const step of steps) {
    if (step.kind === "restart") await under.restart();
    else if (step.kind === "consume") await consumeOne(step.recordsMax, step.stopAfter, under.quietMs ?? 10);
    else {
      const records = someRecords(step.count, `after ${appended.length}:`);
      await under.log.append("events", records);
      appended.push(...toTexts(records));
    }
  }
  while (await consumeOne(1_000, "done", under.quietMs ?? 100)) {} // what is left
  expect(sorted([...inserted.values()].flat())).toEqual(sorted(appended));
}

function describeFollow(open: () => Promise<LogUnderTest>): void {
  test("follow() gives every record from the first on, then new ones, and ends when it is told to", async () => {
    await using under = await open();
    await under.log.append("journal", someRecords(5, "old", 1));
    await using consumer = await under.log.consume("journal", "reader");
    await doRecords(consumer, 5); // a group's position is no matter of a follower's
    const stop = new AbortController();
    const batches: LogBatch[] = [];
    let appended = false;
    for await (const batch of under.log.follow("journal", stop.signal)) {
      batches.push(batch);
      if (toRecords(batches).length === 5 && !appended) {
        appended = true;
        setTimeout(() => under.log.append("journal", someRecords(3, "new", 1)), 30);
      }
      if (toRecords(batches).length >= 8) stop.abort();
    }
    expectContiguous(batches);
    expect(toTexts(toRecords(batches))).toEqual(toTexts([...someRecords(5, "old"), ...someRecords(3, "new")]));
  });

  test("follow() ends when it is told to while nothing comes", async () => {
    await using under = await open();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    for await (const batch of under.log.follow("journal", stop.signal)) expect(batch).toBeUndefined();
    expect(stop.signal.aborted).toBe(true);
  });
}

function describeCounts(open: () => Promise<LogUnderTest>): void {
  test("ends() grows by the records appended and survives a restart", async () => {
    await using under = await open();
    const before = sumOf(await under.log.ends("events"));
    await under.log.append("events", someRecords(25, "record", 10));
    expect(sumOf(await under.log.ends("events")) - before).toBe(25);
    await under.restart();
    expect(sumOf(await under.log.ends("events")) - before).toBe(25);
  });

  test("positions() tells how far a group is, to whoever asks, also when nobody is in the group", async () => {
    await using under = await open();
    const before = sumOf(await under.log.positions("events", "reader"));
    await under.log.append("events", someRecords(20, "record", 1));
    {
      await using consumer = await under.log.consume("events", "reader");
      const batch = await oneBatch(consumer, { ...roomy, recordsMax: 8 });
      await consumer.begin(batch);
      await consumer.done(batch);
      await doRecords(consumer, 20 - batch.records.length);
    }
    const ends = await under.log.ends("events");
    const positions = await under.log.positions("events", "reader");
    expect(sumOf(positions) - before).toBe(20);
    for (const [partition, position] of positions) expect(position).toBe(ends.get(partition));
    expect(sumOf(await under.log.positions("events", "nobody"))).toBe(0);
  });

  test("lag() counts what is appended and not yet done", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(20, "record", 1));
    await using consumer = await under.log.consume("events", "reader");
    const batch = await oneBatch(consumer, { ...roomy, recordsMax: 8 });
    await consumer.begin(batch);
    expect(await consumer.lag()).toBe(20);
    await consumer.done(batch);
    expect(await consumer.lag()).toBe(20 - batch.records.length);
    await doRecords(consumer, 20 - batch.records.length);
    expect(await consumer.lag()).toBe(0);
  });
}

function describeExpire(open: () => Promise<LogUnderTest>): void {
  const hoursLater = (hours: number) => toEpochMs(someMs + hours * 3_600_000);

  test("expire() removes what is older and keeps the rest", async () => {
    await using under = await open();
    under.clock.set(hoursLater(0));
    await under.log.append("events", someRecords(30, "old"));
    under.clock.set(hoursLater(5));
    await under.log.append("events", someRecords(20, "new"));
    expect(await under.log.expire("events", hoursLater(3))).toBe(30);
    expect(await under.log.expire("events", hoursLater(3))).toBe(0);
    await using consumer = await under.log.consume("events", "reader");
    const batches = await doRecords(consumer, 20);
    expectContiguous(batches);
    expect(sorted(toTexts(toRecords(batches)))).toEqual(sorted(toTexts(someRecords(20, "new"))));
    expect(await consumer.lag()).toBe(0);
  });

  test("append() never gives an offset again when everything has expired and the log was opened again", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(30, "old", 1));
    const ends = await under.log.ends("events");
    expect(await under.log.expire("events", hoursLater(3))).toBe(30);
    expect(await under.log.ends("events")).toEqual(ends);
    await under.restart();
    expect(await under.log.ends("events")).toEqual(ends);
    await under.log.append("events", someRecords(1, "new", 1));
    await using consumer = await under.log.consume("events", "reader");
    const batch = await oneBatch(consumer);
    expect(toTexts(batch.records)).toEqual(["new 0"]);
    expect(batch.first).toBe(ends.get(batch.partition));
  });

  test("next() goes on with what is left when the range that was begun has expired", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(10, "old", 1));
    {
      await using consumer = await under.log.consume("events", "reader");
      await consumer.begin(await oneBatch(consumer));
    }
    under.clock.set(hoursLater(5));
    await under.log.append("events", someRecords(10, "new", 1));
    await under.log.expire("events", hoursLater(3));
    await using consumer = await under.log.consume("events", "reader");
    expect(toTexts(toRecords(await doRecords(consumer, 10)))).toEqual(toTexts(someRecords(10, "new")));
    expect(await consumer.lag()).toBe(0);
  });

  test("expire() refuses the journal and keeps it", async () => {
    await using under = await open();
    await under.log.append("journal", someRecords(3, "choice", 1));
    await expect(under.log.expire("journal", hoursLater(1_000))).rejects.toThrow(/journal.*permanent/);
    await using consumer = await under.log.consume("journal", "reader");
    expect(toTexts(toRecords(await takeRecords(consumer, 3)))).toEqual(["choice 0", "choice 1", "choice 2"]);
  });
}

function describeTruncate(open: () => Promise<LogUnderTest>): void {
  test("truncate() removes the records before an offset, of the journal too, and readers go on behind it", async () => {
    await using under = await open();
    await under.log.append("journal", someRecords(10, "old", 1));
    expect(await under.log.truncate("journal", 0, 4)).toBe(4);
    expect(await under.log.truncate("journal", 0, 4)).toBe(0);
    await under.log.append("journal", someRecords(2, "new", 1));
    await under.restart();
    expect(await under.log.ends("journal")).toEqual(new Map([[0, 12]]));
    const found: StoredRecord[] = [];
    const stop = new AbortController();
    for await (const batch of under.log.follow("journal", stop.signal)) {
      found.push(...batch.records);
      if (found.length >= 8) stop.abort();
    }
    const kept = [...toTexts(someRecords(10, "old")).slice(4), ...toTexts(someRecords(2, "new"))];
    expect(toTexts(found)).toEqual(kept);
    expect(found[0]?.offset).toBe(4);
  });

  test("truncate() of everything gives no offset again", async () => {
    await using under = await open();
    await under.log.append("journal", someRecords(5, "old", 1));
    expect(await under.log.truncate("journal", 0, 1_000)).toBe(5);
    await under.restart();
    await under.log.append("journal", someRecords(1, "new", 1));
    expect(await under.log.ends("journal")).toEqual(new Map([[0, 6]]));
  });

  test("blank() empties the chosen records in their places, or says that the bytes leave by retention", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(10, "record", 1));
    const isChosen = ({ value }: LogRecord) => /[37]/.test(Buffer.from(value).toString());
    const blanked = await under.log.blank("events", isChosen);
    await using consumer = await under.log.consume("events", "reader");
    const texts = toTexts(toRecords(await takeRecords(consumer, 10)));
    const all = toTexts(someRecords(10));
    if (blanked === "by retention") expect(texts).toEqual(all);
    else {
      expect(blanked).toBe(2);
      expect(texts).toEqual(all.map((text) => (/[37]/.test(text) ? "" : text)));
      expect(await under.log.blank("events", isChosen)).toBe(0);
    }
  });
}

function describeBlankOfKeyless(open: () => Promise<LogUnderTest>): void {
  test("blank() empties records without a key too, and looks again at none that is empty", async () => {
    await using under = await open();
    await under.log.append("quarantine", [
      { key: "", value: Buffer.from("keyless") },
      { key: "key", value: new Uint8Array() },
    ]);
    const seen: string[] = [];
    const isChosen = ({ key, value }: LogRecord) => {
      seen.push(`${key}:${Buffer.from(value).toString()}`);
      return true;
    };
    const blanked = await under.log.blank("quarantine", isChosen);
    if (blanked === "by retention") return;
    expect(blanked).toBe(2);
    expect(await under.log.blank("quarantine", isChosen)).toBe(0);
    expect(seen).toEqual([":keyless", "key:"]);
  });
}

function describeRewind(open: () => Promise<LogUnderTest>): void {
  test("rewind() gives a group again what it had done, and forgets the range that it had begun", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(10, "record", 1));
    const [[partition = 0] = []] = [...(await under.log.ends("events"))].filter(([, end]) => end > 0);
    {
      await using consumer = await under.log.consume("events", "reader");
      await doRecords(consumer, 10);
      await under.log.append("events", someRecords(1, "later", 1));
      await consumer.begin(await oneBatch(consumer));
    }
    await under.log.rewind("events", "reader", new Map([[partition, 6]]));
    expect((await under.log.positions("events", "reader")).get(partition)).toBe(6);
    await using consumer = await under.log.consume("events", "reader");
    const texts = toTexts(toRecords(await takeRecords(consumer, 5)));
    expect(texts).toEqual(["record 6", "record 7", "record 8", "record 9", "later 0"]);
  });

  test("rewind() leaves partitions that are not named where they are, and takes an offset that is gone for the first kept", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(60, "record", 30));
    {
      await using consumer = await under.log.consume("events", "reader");
      await doRecords(consumer, 60);
    }
    const before = await under.log.positions("events", "reader");
    await under.log.rewind("events", "reader", new Map());
    expect(await under.log.positions("events", "reader")).toEqual(before);
    const [[partition = 0, end = 0] = []] = [...before].filter(([, position]) => position > 2);
    expect(await under.log.truncate("events", partition, 2)).toBe(2);
    await under.log.rewind("events", "reader", new Map([[partition, 0]]));
    expect(await under.log.positions("events", "reader")).toEqual(new Map([...before, [partition, 2]]));
    await using consumer = await under.log.consume("events", "reader");
    expect(toRecords(await takeRecords(consumer, end - 2))).toHaveLength(end - 2);
  });

  test("rewind() refuses while a consumer of the group is open, and changes nothing", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(3, "record", 1));
    await using consumer = await under.log.consume("events", "reader");
    await doRecords(consumer, 3);
    const before = await under.log.positions("events", "reader");
    const backwards = new Map([...before.keys()].map((partition) => [partition, 0]));
    await expect(under.log.rewind("events", "reader", backwards)).rejects.toThrow(/consumer.* is open/);
    expect(await under.log.positions("events", "reader")).toEqual(before);
  });
}

function describeOutage(open: () => Promise<LogUnderTest>): void {
  test("append() rejects with LogUnavailable when the log cannot keep records, and works again afterwards", async () => {
    await using under = await open();
    await under.log.append("events", someRecords(3, "before"));
    await under.breakDown();
    await expect(under.log.append("events", someRecords(3, "meanwhile"))).rejects.toBeInstanceOf(LogUnavailable);
    await under.repair();
    await under.log.append("events", someRecords(3, "after"));
    await using consumer = await under.log.consume("events", "reader");
    const texts: string[] = [];
    while (!["after 0", "after 1", "after 2"].every((text) => texts.includes(text))) {
      texts.push(...toTexts((await oneBatch(consumer)).records));
    }
    expect(texts).toEqual(expect.arrayContaining([...toTexts(someRecords(3, "before"))]));
  });

  test("append() rejects with LogUnavailable when the log is closed", async () => {
    const under = await open();
    const { log } = under;
    await under[Symbol.asyncDispose]();
    await expect(log.append("events", someRecords(1))).rejects.toBeInstanceOf(LogUnavailable);
  });
}
