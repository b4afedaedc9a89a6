import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { type LogRecord, LogUnavailable } from "../../schemas/ports.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { type LocalKafka, openLocalKafka } from "../kafka/kafka-local.ts";
import { alterTopic, nameTopics } from "./kafka-log-fixture.ts";
import { aClock } from "./settable-clock.ts";

/** Brokers look every five minutes, and delete a minute later; here at once. */
const HASTE = {
  "log.retention.check.interval.ms": "500",
  "log.initial.task.delay.ms": "500",
  "log.segment.delete.delay.ms": "100",
};
const HOUR_MS = 3_600_000;

const found = await findKafka();
if ("skip" in found || found.local === undefined) {
  test.skip("what Kafka keeps on its disk (no Kafka of our own)", () => undefined);
} else {
  await found[Symbol.asyncDispose]();
  const kafka = await openLocalKafka({ settings: HASTE });
  afterAll(() => kafka[Symbol.asyncDispose]());
  describeDisk(kafka);
}

/** The broker's own time decides what is due, so these tests count from now. */
function hoursAgo(hours: number): EpochMs {
  return toEpochMs(Date.now() - hours * HOUR_MS);
}

function aRecord(mark: string): readonly LogRecord[] {
  return [{ key: `key-${mark}`, value: Buffer.from(mark.padEnd(500, ".")) }];
}

/** True if the text stands in any file of the broker. */
function isOnDisk({ folder }: LocalKafka, text: string): boolean {
  return spawnSync("grep", ["-rqaF", text, join(folder, "data")]).status === 0;
}

async function untilGone(kafka: LocalKafka, text: string): Promise<void> {
  while (isOnDisk(kafka, text)) await pause(200);
}

function describeDisk(kafka: LocalKafka): void {
  describe("the disk of the brokers", { timeout: 120_000 }, () => {
    test("is rid of events and quarantined records when they are due, and keeps the others", async () => {
      await using topics = nameTopics(kafka.brokers);
      const clock = aClock(hoursAgo(80));
      const retentionMs = { eventsRetentionMs: 72 * HOUR_MS, quarantineRetentionMs: 72 * HOUR_MS };
      await using log = await topics.open({ clock, partitions: 1, ...retentionMs });
      clock.set(hoursAgo(71));
      await log.append("events", aRecord("heron-kept-71"));
      expect(isOnDisk(kafka, "heron-kept-71")).toBe(true);
      clock.set(hoursAgo(74));
      await log.append("quarantine", aRecord("heron-due-74"));
      await log.append("journal", aRecord("heron-choice-74"));
      await untilGone(kafka, "heron-due-74");
      clock.set(hoursAgo(0));
      await log.append("events", aRecord("heron-kept-0"));
      for (const mark of ["heron-kept-71", "heron-kept-0", "heron-choice-74"]) expect(isOnDisk(kafka, mark)).toBe(true);
    });

    test("holds the events of each hour apart, so that later ones do not keep earlier ones beyond their time", async () => {
      await using topics = nameTopics(kafka.brokers);
      const clock = aClock(hoursAgo(4));
      await using log = await topics.open({ clock, partitions: 1, eventsRetentionMs: 5 * HOUR_MS });
      await log.append("events", aRecord("egret-4"));
      clock.set(hoursAgo(3));
      await log.append("events", aRecord("egret-3"));
      clock.set(hoursAgo(1));
      await log.append("events", aRecord("egret-1"));
      const topic = `${topics.prefix}events`;
      await topics.administer((admin) => alterTopic(admin, topic, { "retention.ms": String(4 * HOUR_MS) }));
      await untilGone(kafka, "egret-4");
      for (const mark of ["egret-3", "egret-1"]) expect(isOnDisk(kafka, mark)).toBe(true);
    });

    test("takes no record that is dated ahead, which would stay beyond its time", async () => {
      await using topics = nameTopics(kafka.brokers);
      await using log = await topics.open({ clock: aClock(hoursAgo(-3)) });
      const append = log.append("events", aRecord("stilt-ahead"));
      await expect(append).rejects.toThrow(LogUnavailable);
      await expect(append).rejects.toThrow("Set the clock of this machine and of the brokers.");
      expect(isOnDisk(kafka, "stilt-ahead")).toBe(false);
    });

    test("is rid of what truncate() removed from the journal, once nothing else lies in the same file", async () => {
      await using topics = nameTopics(kafka.brokers);
      const clock = aClock(hoursAgo(5));
      await using log = await topics.open({ clock });
      await log.append("journal", aRecord("plover-old"));
      clock.set(hoursAgo(2));
      await log.append("journal", aRecord("plover-carried"));
      expect(await log.truncate("journal", 0, 1)).toBe(1);
      await untilGone(kafka, "plover-old");
      expect(isOnDisk(kafka, "plover-carried")).toBe(true);
    });
  });
}
