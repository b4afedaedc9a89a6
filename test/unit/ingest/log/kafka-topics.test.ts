import { describe, expect, it, test } from "vitest";
import { toKafkaSettings } from "../../../../ingest/log/kafka-options.ts";
import { judgeTopic, planTopics, toBatchBytesNeeded } from "../../../../ingest/log/kafka-topics.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const settings = toKafkaSettings({
  brokers: ["one:9092"],
  clientId: "test",
  clock: { nowMs: () => toEpochMs(0) },
  createTopics: true,
});
const needed = toBatchBytesNeeded(settings);

function planOf(stream: string) {
  const plan = planTopics(settings).find((candidate) => candidate.stream === stream);
  if (plan === undefined) throw new Error(`no plan of ${stream}`);
  return plan;
}

test("planTopics() keeps the journal for ever in one partition, and the rest for its time", () => {
  const { topic, partitions, settings: kept } = planOf("journal");
  expect([topic, partitions, kept["retention.ms"], kept["cleanup.policy"]]).toEqual([
    "roebuck.journal",
    1,
    "-1",
    "delete",
  ]);
  expect(planOf("events").settings["retention.ms"]).toBe(String(72 * 3_600_000));
  expect(planOf("quarantine").settings["retention.ms"]).toBe(String(72 * 3_600_000));
});

test("planTopics() gives each hour files of its own, so that nothing stays longer than its time", () => {
  for (const stream of ["events", "journal", "quarantine"]) {
    expect(Number(planOf(stream).settings["segment.ms"])).toBeLessThan(3_600_000);
  }
});

test("planTopics() never asks for more copies in sync than there are", () => {
  const [plan] = planTopics({ ...settings, replicationFactor: 1, minInsyncReplicas: 2 });
  expect(plan?.settings["min.insync.replicas"]).toBe("1");
});

describe("judgeTopic()", () => {
  it.each(["events", "journal", "quarantine"])("has nothing against %s as it was planned", (stream) => {
    const plan = planOf(stream);
    const found = new Map(Object.entries(plan.settings));
    expect(judgeTopic(plan, plan.partitions, found, needed)).toEqual({ problems: [], differences: [] });
  });

  it.each([
    ["a journal that expires", "journal", 1, "retention.ms", "604800000", "kept for ever"],
    ["a journal that is cut off by size", "journal", 1, "retention.bytes", "1000000", "kept for ever"],
    ["a journal whose choices may get out of order", "journal", 3, "retention.ms", "-1", "it has 3 partitions"],
    ["a topic that is compacted", "events", 6, "cleanup.policy", "compact", "Set it to delete"],
    ["a topic that takes only small batches", "events", 6, "max.message.bytes", "1000", `Set it to ${needed} or more`],
    ["events that stay for ever", "events", 6, "retention.ms", "-1", "Set it to 259200000 or less"],
    ["events that stay longer than they may", "events", 6, "retention.ms", "259200001", "ROEBUCK_LOG_RETENTION_HOURS"],
    ["a quarantine that stays longer than it may", "quarantine", 1, "retention.ms", "604800000", "259200000 or less"],
    ["files that stay open for a week", "events", 6, "segment.ms", "604800000", "Set it to 3540000"],
    [
      "records that are dated ahead",
      "quarantine",
      1,
      "message.timestamp.after.max.ms",
      "9223372036854775807",
      "Set it to 3600000",
    ],
    ["a topic without partitions", "events", 0, "retention.ms", "1", "it has no partition"],
  ])("refuses %s", (_, stream, partitions, setting, value, words) => {
    const plan = planOf(stream);
    const found = new Map(Object.entries({ ...plan.settings, [setting]: value }));
    const { problems } = judgeTopic(plan, partitions, found, needed);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
  });

  test("takes any date in the future where the brokers set the time themselves", () => {
    const plan = planOf("events");
    const changes = {
      "message.timestamp.type": "LogAppendTime",
      "message.timestamp.after.max.ms": "9223372036854775807",
    };
    const found = new Map(Object.entries({ ...plan.settings, ...changes }));
    expect(judgeTopic(plan, 6, found, needed)).toEqual({ problems: [], differences: [] });
  });

  test("takes topics of the release before: files of an hour, a journal with files of a week, of which it tells", () => {
    const events = planOf("events");
    const hourly = new Map(Object.entries({ ...events.settings, "segment.ms": "3600000" }));
    expect(judgeTopic(events, 6, hourly, needed)).toEqual({ problems: [], differences: [] });
    const journal = planOf("journal");
    const weekly = new Map(Object.entries({ ...journal.settings, "segment.ms": "604800000" }));
    expect(judgeTopic(journal, 1, weekly, needed)).toEqual({
      problems: [],
      differences: [{ setting: "segment.ms", found: "604800000" }],
    });
  });

  test("tells of a shorter retention of events", () => {
    const plan = planOf("events");
    const found = new Map(Object.entries({ ...plan.settings, "retention.ms": "1" }));
    expect(judgeTopic(plan, 6, found, needed)).toEqual({
      problems: [],
      differences: [{ setting: "retention.ms", found: "1" }],
    });
  });
});
