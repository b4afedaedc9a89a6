import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { BatchLimits, LogConsumer } from "../../schemas/ports.ts";
import { LogUnavailable, RangeLost } from "../../schemas/ports.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { nameTopics } from "./kafka-log-fixture.ts";
import { drain, TokenWarehouse } from "./kafka-log-warehouse.ts";
import { doRecords, someRecords, toTexts } from "./log-suite.ts";

const kafka = await findKafka();
if ("skip" in kafka) {
  test.skip("members of a Kafka group (no Kafka)", () => undefined);
} else {
  afterAll(() => kafka[Symbol.asyncDispose]());
  describeMembers(kafka.brokers);
}

const limits: BatchLimits = { recordsMax: 10, bytesMax: 1e6, waitMs: 20_000 };

async function untilAll(warehouse: TokenWarehouse, count: number): Promise<void> {
  for (let tries = 0; tries < 600 && new Set(warehouse.texts).size < count; tries += 1) await pause(50);
}

/** Tries again while the group shares its partitions out anew, as every caller of the log does. A lost range goes through. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LogUnavailable) || error instanceof RangeLost || tries > 200) throw error;
      await pause(50);
    }
  }
}

function describeMembers(brokers: string): void {
  describe("members of a Kafka group", () => {
    test("begin() and done() count every record once while members come and go in mid-range", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ partitions: 6 });
      const records = someRecords(3_000, "record", 50);
      const warehouse = new TokenWarehouse();
      const stop = new AbortController();
      const slowly = { warehouse, recordsMax: 40, signal: stop.signal, beforeDone: () => pause(10) };
      await log.append("events", records);
      const first = await log.consume("events", "transform");
      const firstEnd = drain(first, slowly);
      await pause(300);
      await using other = await topics.open();
      const second = await other.consume("events", "transform");
      const secondEnd = drain(second, slowly);
      await pause(700);
      await first[Symbol.asyncDispose]();
      const third = await log.consume("events", "transform");
      const thirdEnd = drain(third, slowly);
      await untilAll(warehouse, records.length);
      await pause(500); // a second copy would come now
      stop.abort();
      await Promise.all([firstEnd, secondEnd, thirdEnd]);
      expect(warehouse.texts.toSorted()).toEqual(toTexts(records).toSorted());
      await second[Symbol.asyncDispose]();
      await third[Symbol.asyncDispose]();
    }, 120_000);

    test("done() ends a begun range, and begin() the one after, when the partition went away and came back", async () => {
      await using topics = nameTopics(brokers);
      const joined: string[] = [];
      await using log = await topics.open({
        partitions: 1,
        onEvent: (notice) => notice.what === "member-joined" && joined.push(notice.partitions.join()),
      });
      await log.append("events", someRecords(30, "record", 1));
      await using consumer = await log.consume("events", "transform");
      const begun = await consumer.next(limits);
      const next = await consumer.next(limits);
      if (begun === undefined || next === undefined) throw new Error("nothing came");
      await consumer.begin(begun);
      await using other = await topics.open();
      await (await other.consume("events", "transform"))[Symbol.asyncDispose](); // comes, and goes at once
      for (let tries = 0; tries < 200 && (joined.length < 3 || joined.at(-1) !== "0"); tries += 1) await pause(50);
      await insist(() => consumer.done(begun));
      await insist(() => consumer.begin(next));
      await insist(() => consumer.done(next));
      const rest = await consumer.next({ ...limits, recordsMax: 100 });
      expect([begun.first, begun.last + 1, rest?.first, rest?.last]).toEqual([0, next.first, next.last + 1, 29]);
    }, 120_000);

    test("begin() and done() throw RangeLost when the partition is another member's, which repeats the begun range", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ partitions: 2 });
      await log.append("events", someRecords(200, "record", 40));
      const holders: Record<string, readonly number[]> = {};
      await using consumer = await log.consume("events", "transform");
      const begun = new Map([await beginNext(consumer), await beginNext(consumer)]);
      expect([...begun.keys()].toSorted()).toEqual([0, 1]);
      await using other = await topics.open({
        onEvent: (notice) => {
          if (notice.what === "member-joined") holders.other = notice.partitions;
        },
      });
      await using second = await other.consume("events", "transform");
      const partition = holders.other?.[0] ?? -1;
      const lost = begun.get(partition);
      const kept = begun.get(1 - partition);
      if (lost === undefined || kept === undefined) throw new Error("the partitions were not shared out");
      await expect(insist(() => consumer.done(lost))).rejects.toBeInstanceOf(RangeLost);
      await expect(insist(() => consumer.begin(lost))).rejects.toBeInstanceOf(RangeLost);
      await insist(() => consumer.done(kept));
      const repeated = await second.next({ ...limits, recordsMax: 1 });
      expect([repeated?.partition, repeated?.first, repeated?.last]).toEqual([partition, lost.first, lost.last]);
    }, 120_000);

    test("next() gives another member exactly the range that a killed one had begun", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ partitions: 2 });
      const records = someRecords(60, "record", 20);
      await log.append("events", records);
      const member = startMember(brokers, topics.prefix);
      const [partition, first, last] = (await member.says()).split(" ").map(Number);
      member.child.kill("SIGKILL");
      await using consumer = await log.consume("events", "transform");
      const batches = await doRecords(consumer, 60, { ...limits, recordsMax: 3 });
      const own = batches.filter((batch) => batch.partition === partition);
      expect([own[0]?.first, own[0]?.last]).toEqual([first, last]);
      expect(batches.flatMap((batch) => toTexts(batch.records)).toSorted()).toEqual(toTexts(records).toSorted());
      expect(await consumer.lag()).toBe(0);
    }, 120_000);

    test("done() of a member that was frozen and lost its partition leaves the group's position as others stored it", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ partitions: 1 });
      await log.append("events", someRecords(30, "record", 1));
      const member = startMember(brokers, topics.prefix);
      expect(await member.says()).toBe("0 0 6");
      member.child.kill("SIGSTOP");
      await using consumer = await log.consume("events", "transform");
      const batches = await doRecords(consumer, 17, limits);
      expect(batches.map(({ first, last }) => [first, last])).toEqual([
        [0, 6],
        [7, 16],
      ]);
      const said = member.says();
      member.child.stdin.write("end\n");
      member.child.kill("SIGCONT");
      expect(["done", "lost"]).toContain(await said); // "done" if the partition came back to it: then it is done
      expect(await log.positions("events", "transform")).toEqual(new Map([[0, 17]]));
    }, 120_000);

    test("next() bounds what it reads ahead, and reads a begun range whole all the same", async () => {
      await using topics = nameTopics(brokers);
      const value = Buffer.alloc(40_000, "x");
      const records = Array.from({ length: 200 }, (_, index) => ({ key: `key-${index}`, value }));
      await using log = await topics.open({ partitions: 1 });
      await log.append("events", records);
      {
        await using consumer = await log.consume("events", "transform");
        let whole = await consumer.next({ recordsMax: 1, bytesMax: 1, waitMs: 20_000 });
        if (whole === undefined) throw new Error("nothing came");
        await consumer.begin(whole);
        await consumer.done(whole);
        await pause(1_000); // reads ahead meanwhile
        whole = await consumer.next({ recordsMax: 150, bytesMax: 1e9, waitMs: 20_000 });
        if (whole === undefined) throw new Error("nothing came");
        expect(whole.records.length).toBe(150);
        await consumer.begin(whole);
      }
      await using narrow = await topics.open({ readAheadBytesMax: 300_000 });
      await using consumer = await narrow.consume("events", "transform");
      const repeated = await consumer.next({ recordsMax: 1, bytesMax: 1, waitMs: 20_000 });
      expect([repeated?.first, repeated?.last]).toEqual([1, 150]);
      if (repeated === undefined) throw new Error("nothing came");
      await consumer.begin(repeated);
      await consumer.done(repeated);
      const rest = await doRecords(consumer, 49, { recordsMax: 1_000, bytesMax: 1e9, waitMs: 20_000 });
      expect(rest.flatMap((batch) => batch.records.map(({ offset }) => offset))).toEqual(
        Array.from({ length: 49 }, (_, index) => 151 + index),
      );
    }, 120_000);
  });
}

/** Starts a member in a process of its own. */
function startMember(brokers: string, prefix: string) {
  const program = [join(import.meta.dirname, "kafka-log-member.ts"), brokers, prefix];
  const child = spawn(process.execPath, program, { stdio: ["pipe", "pipe", "inherit"] });
  const reader = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(([code]) => `ended with ${code}`);
  return { child, says: () => Promise.race([once(reader, "line").then(([line]) => String(line)), ended]) };
}

async function beginNext(consumer: LogConsumer) {
  const batch = await consumer.next(limits);
  if (batch === undefined) throw new Error("nothing came");
  await consumer.begin(batch);
  return [batch.partition, batch] as const;
}
