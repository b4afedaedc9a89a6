import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { KafkaNotice } from "../../ingest/log/kafka-options.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { type Log, type LogBatch, LogUnavailable } from "../../schemas/ports.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { findFreePort, type LocalKafka, MIGHTY_USER, POWERLESS_USER } from "../kafka/kafka-local.ts";
import { alterTopic, nameTopics } from "./kafka-log-fixture.ts";
import { drain, TokenWarehouse } from "./kafka-log-warehouse.ts";
import { expectContiguous, someRecords, toTexts } from "./log-suite.ts";
import { aClock, someMs } from "./settable-clock.ts";

const kafka = await findKafka();
if ("skip" in kafka) {
  test.skip("Kafka log and its brokers (no Kafka)", () => undefined);
} else {
  afterAll(() => kafka[Symbol.asyncDispose]());
  describeOpening(kafka.brokers);
  describeTopics(kafka.brokers);
  if (kafka.local !== undefined) {
    describeRights(kafka.local);
    describeOutages(kafka.local);
  }
}

function describeOpening(brokers: string): void {
  describe("openKafkaLog()", () => {
    test("says where it looked and what to check when no broker answers", async () => {
      await using topics = nameTopics(brokers);
      const nowhere = `127.0.0.1:${await findFreePort()}`;
      const opening = topics.open({ brokers: [nowhere], requestTimeoutMs: 2_000 });
      await expect(opening).rejects.toThrow(LogUnavailable);
      await expect(topics.open({ brokers: [nowhere], requestTimeoutMs: 2_000 })).rejects.toThrow(
        `Kafka at "${nowhere}": `,
      );
      await expect(topics.open({ brokers: [nowhere], requestTimeoutMs: 2_000 })).rejects.toThrow(
        "Check that the brokers run and that ROEBUCK_KAFKA_BROKERS names them.",
      );
    }, 60_000);

    test("names the topics that are missing, with their settings, when it may not create them", async () => {
      await using topics = nameTopics(brokers);
      const opening = topics.open({ createTopics: false });
      await expect(opening).rejects.toThrow(`${topics.prefix}journal: 1 partitions, cleanup.policy=delete`);
    });

    test("refuses a journal that would forget, and says how to set it", async () => {
      await using topics = nameTopics(brokers);
      await (await topics.open())[Symbol.asyncDispose]();
      const journal = `${topics.prefix}journal`;
      await topics.administer((admin) =>
        alterTopic(admin, journal, { "retention.ms": "86400000", "max.message.bytes": "4000000" }),
      );
      await expect(topics.open()).rejects.toThrow(
        `Cannot use topic "${journal}": retention.ms is 86400000. Set it to -1, because it is kept for ever.`,
      );
    });

    test("refuses events that would stay longer than they may, and says how to set it", async () => {
      await using topics = nameTopics(brokers);
      await (await topics.open())[Symbol.asyncDispose]();
      await expect(topics.open({ eventsRetentionMs: 7_200_000 })).rejects.toThrow(
        `Cannot use topic "${topics.prefix}events": retention.ms is ${topics.options.eventsRetentionMs}. Set it to 7200000 or less, or raise ROEBUCK_LOG_RETENTION_HOURS`,
      );
    });

    test("tells of a retention that is shorter than the one asked for, and opens", async () => {
      await using topics = nameTopics(brokers);
      await (await topics.open())[Symbol.asyncDispose]();
      const notices: KafkaNotice[] = [];
      const eventsRetentionMs = (topics.options.eventsRetentionMs ?? 0) + 1;
      await using _log = await topics.open({ eventsRetentionMs, onEvent: (notice) => notices.push(notice) });
      expect(notices).toEqual([
        {
          what: "topic-differs",
          topic: `${topics.prefix}events`,
          setting: "retention.ms",
          found: String(topics.options.eventsRetentionMs),
        },
      ]);
    });
  });
}

function describeTopics(brokers: string): void {
  describe("topics of the log", () => {
    test("append() keeps the hour of an append and not the instant", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ partitions: 1, clock: aClock(someMs) });
      await log.append("events", someRecords(5));
      const hourMs = Math.floor(someMs / 3_600_000) * 3_600_000;
      const [atHour, later] = await topics.administer((admin) =>
        Promise.all([hourMs, hourMs + 1].map((ms) => admin.fetchTopicOffsetsByTimestamp(`${topics.prefix}events`, ms))),
      );
      expect([atHour?.[0]?.offset, later?.[0]?.offset]).toEqual(["0", "5"]);
    });

    test("expire() keeps all of the hour that it is told of, as part of that may not be due", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ clock: aClock(someMs) });
      await log.append("events", someRecords(5));
      expect(await log.expire("events", toEpochMs(someMs + 60_000))).toBe(0);
      expect(await log.expire("events", toEpochMs(someMs + 3_600_000))).toBe(5);
    });

    test("append() takes several sends for what is too large for one, and refuses a record that is", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open({ batchBytesMax: 100_000, recordBytesMax: 200_000 });
      const records = Array.from({ length: 40 }, (_, index) => ({ key: `${index}`, value: Buffer.alloc(20_000, 1) }));
      await log.append("events", [...records, { key: "large", value: Buffer.alloc(190_000, 2) }]);
      const ends = await log.ends("events");
      expect([...ends.values()].reduce((sum, end) => sum + end, 0)).toBe(41);
      await expect(log.append("events", [{ key: "k", value: Buffer.alloc(200_000) }])).rejects.toThrow(
        "at most 200000 are taken",
      );
    });

    test("follow() leaves no group behind", async () => {
      await using topics = nameTopics(brokers);
      await using log = await topics.open();
      await log.append("journal", someRecords(3));
      for await (const batch of log.follow("journal", new AbortController().signal)) {
        expect(batch.records.length).toBe(3);
        break;
      }
      const { groups } = await topics.administer((admin) => admin.listGroups());
      expect(groups.filter(({ groupId }) => groupId.startsWith(topics.prefix))).toEqual([]);
    });
  });
}

function describeRights(local: LocalKafka): void {
  describe("a user of Kafka", () => {
    const sasl = { mechanism: "plain", ...MIGHTY_USER } as const;

    test("openKafkaLog() opens with the right password", async () => {
      await using topics = nameTopics(local.brokers);
      await using log = await topics.open({ brokers: [local.passwordBrokers], sasl });
      await log.append("events", someRecords(3));
    });

    test("openKafkaLog() names the settings to check when the password is wrong, and never the password", async () => {
      await using topics = nameTopics(local.brokers);
      const password = "wrong-horse";
      const opening = topics.open({ brokers: [local.passwordBrokers], sasl: { ...sasl, password } });
      const refusal = await opening.then(String, String);
      expect(refusal).toContain("Check user, password and mechanism (ROEBUCK_KAFKA_USER");
      expect(refusal).not.toContain(password);
    });

    test("openKafkaLog() says which rights to give when the user may not create topics", async () => {
      await using topics = nameTopics(local.brokers);
      const stranger = { mechanism: "plain", ...POWERLESS_USER } as const;
      const opening = topics.open({ brokers: [local.passwordBrokers], sasl: stranger });
      await expect(opening).rejects.toThrow("Give the user the rights Describe, DescribeConfigs, Read, Write");
    });
  });
}

async function freeze(local: LocalKafka): Promise<void> {
  process.kill(local.pid, "SIGSTOP");
  await pause(5_000);
  process.kill(local.pid, "SIGCONT");
}

interface Outcome {
  readonly kept: string[];
  readonly refused: string[];
}

/** Appends texts, each once, from several writers at once until told to stop. */
async function appendUntil(log: Log, signal: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = { kept: [], refused: [] };
  let count = 0;
  const writer = async () => {
    while (!signal.aborted) {
      count += 1;
      const text = `record ${count}`;
      try {
        await log.append("events", [{ key: `key-${count % 50}`, value: Buffer.from(text) }]);
        outcome.kept.push(text);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        outcome.refused.push(text);
        await pause(50);
      }
      await pause(1);
    }
  };
  await Promise.all(Array.from({ length: 30 }, writer));
  return outcome;
}

function describeOutages(local: LocalKafka): void {
  describe("brokers that go away", () => {
    test.each([
      ["is killed and comes back", () => local.restart("SIGKILL")],
      ["is restarted", () => local.restart("SIGTERM")],
      ["answers nothing for a while, and then what it was asked meanwhile", () => freeze(local)],
    ])(
      "append() and next() lose nothing and double nothing when the broker %s under load",
      async (_, disturb) => {
        await using topics = nameTopics(local.brokers);
        await using log = await topics.open({ requestTimeoutMs: 2_000 });
        const warehouse = new TokenWarehouse();
        const stopWriting = new AbortController();
        const stopReading = new AbortController();
        const consumer = await log.consume("events", "transform");
        const reading = drain(consumer, { warehouse, recordsMax: 50, signal: stopReading.signal });
        const writing = appendUntil(log, stopWriting.signal);
        await pause(1_500);
        await disturb();
        await pause(3_000);
        await untilKept(log);
        await pause(1_000);
        stopWriting.abort();
        const { kept, refused } = await writing;
        await untilRead(warehouse, kept);
        stopReading.abort();
        await reading;
        await consumer[Symbol.asyncDispose]();
        const counts = new Map<string, number>();
        for (const text of warehouse.texts) counts.set(text, (counts.get(text) ?? 0) + 1);
        expect(kept.filter((text) => !counts.has(text))).toEqual([]);
        expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
        expect(kept.length).toBeGreaterThan(500);
        expect(refused.length).toBeGreaterThan(0);
      },
      180_000,
    );

    test("follow() goes on where it was when the broker was killed and came back", async () => {
      await using topics = nameTopics(local.brokers);
      await using log = await topics.open();
      await log.append("journal", someRecords(5, "before"));
      const stop = new AbortController();
      const batches: LogBatch[] = [];
      const following = (async () => {
        for await (const batch of log.follow("journal", stop.signal)) batches.push(batch);
      })();
      const texts = () => batches.flatMap(({ records }) => toTexts(records));
      await until(() => texts().length >= 5);
      await local.restart("SIGKILL");
      await untilKept(log, "journal");
      await log.append("journal", someRecords(5, "after"));
      await until(() => texts().includes("after 4"));
      stop.abort();
      await following;
      expectContiguous(batches);
      expect(texts().filter((text) => text !== "probe")).toEqual([
        ...toTexts(someRecords(5, "before")),
        ...toTexts(someRecords(5, "after")),
      ]);
    }, 180_000);

    test("append() refuses at once, without asking the brokers, after they failed twice, and goes on when they are back", async () => {
      await using topics = nameTopics(local.brokers);
      const notices: KafkaNotice[] = [];
      await using log = await topics.open({ requestTimeoutMs: 2_000, onEvent: (notice) => notices.push(notice) });
      await log.append("events", someRecords(3, "before"));
      await local.stop("SIGKILL");
      try {
        const first = await log.append("events", someRecords(1)).then(String, String);
        expect(first).toContain("Check that the brokers run");
        await expect(log.append("events", someRecords(1))).rejects.toBeInstanceOf(LogUnavailable);
        await expect(log.append("events", someRecords(1))).rejects.toThrow("its brokers failed just now");
        expect(notices.filter(({ what }) => what === "appends-refused").length).toBe(1);
      } finally {
        await local.start();
      }
      await untilKept(log);
      expect(notices.at(-1)).toEqual({ what: "appends-resumed", stream: "events" });
    }, 180_000);
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_200 && !condition(); tries += 1) await pause(50);
  expect(condition()).toBe(true);
}

/** Appends until an append is kept. */
async function untilKept(log: Log, stream: "events" | "journal" = "events"): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    try {
      await log.append(stream, [{ key: "probe", value: Buffer.from("probe") }]);
      return;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      await pause(100);
    }
  }
  throw new Error("the log did not come back");
}

async function untilRead(warehouse: TokenWarehouse, texts: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const read = new Set(warehouse.texts);
    if (texts.every((text) => read.has(text))) return;
    await pause(100);
  }
}
