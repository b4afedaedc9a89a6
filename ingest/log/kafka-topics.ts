import { setTimeout as pause } from "node:timers/promises";
import type { Admin } from "kafkajs";
import kafkajs from "kafkajs"; // CommonJS: Node finds this of its exports only through the default one
import type { StreamName } from "../../schemas/ports.ts";
import type { KafkaAdmin } from "./kafka-admin.ts";
import { TimedOut } from "./kafka-fault.ts";
import { type KafkaSettings, toLogName, toTopic } from "./kafka-options.ts";

/** A topic as it is wanted. */
export interface TopicPlan {
  readonly stream: StreamName;
  readonly topic: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** What is wrong with a topic that is there: `problems` refuse the start, `differences` are only told. */
export interface TopicJudgement {
  readonly problems: readonly string[];
  readonly differences: readonly { readonly setting: string; readonly found: string }[];
}

/** Room for the header of a batch beside its records. */
const batchHeaderBytes = 64 * 1_024;
const hourMs = 3_600_000;
/**
 * A segment is closed after this long, because a file goes only once its latest record is due. Records carry the hour
 * of their append, so less than an hour gives each hour files of its own: nothing stays longer than `retention.ms` and
 * the few minutes in which the brokers look and delete.
 */
const segmentMs = hourMs - 60_000;
/** How long a segment of a topic that is there may be open. */
const segmentMsMax = hourMs;
/** A record that is dated later than this after its arrival is refused by the brokers: it would stay beyond its time. */
const aheadMsMax = hourMs;

/** How large a batch a topic must take for any append to fit. */
export function toBatchBytesNeeded(settings: Pick<KafkaSettings, "batchBytesMax" | "recordBytesMax">): number {
  return Math.max(settings.batchBytesMax, settings.recordBytesMax) + batchHeaderBytes;
}

/**
 * The topics of the log. The journal is one partition, so that people's choices stay in order, and never expires; its
 * segments are short as well, because a file goes only when all of it was carried over. Pure.
 */
export function planTopics(settings: KafkaSettings): readonly TopicPlan[] {
  const shared = {
    "cleanup.policy": "delete",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.after.max.ms": String(aheadMsMax),
    "segment.ms": String(segmentMs),
    "max.message.bytes": String(toBatchBytesNeeded(settings)),
    "min.insync.replicas": String(Math.min(settings.minInsyncReplicas, settings.replicationFactor)),
  };
  const passing = (retentionMs: number) => ({
    ...shared,
    "retention.ms": String(retentionMs),
  });
  const plan = (stream: StreamName, partitions: number, topicSettings: Readonly<Record<string, string>>) => ({
    stream,
    topic: toTopic(settings, stream),
    partitions,
    settings: topicSettings,
  });
  return [
    plan("events", settings.partitions, passing(settings.eventsRetentionMs)),
    plan("journal", 1, { ...shared, "retention.ms": "-1" }),
    plan("quarantine", 1, passing(settings.quarantineRetentionMs)),
  ];
}

/** Compares a topic that is there with its plan. Pure. @param found its settings by name */
export function judgeTopic(
  plan: TopicPlan,
  partitions: number,
  found: ReadonlyMap<string, string>,
  batchBytesNeeded: number,
): TopicJudgement {
  const problems: string[] = [];
  const must = (setting: string, good: (value: string) => boolean, wanted: string) => {
    const value = found.get(setting);
    if (value === undefined || good(value)) return;
    problems.push(`Cannot use topic "${plan.topic}": ${setting} is ${value}. Set it to ${wanted}.`);
  };
  if (partitions < 1) problems.push(`Cannot use topic "${plan.topic}": it has no partition. Give it one.`);
  if (plan.stream === "journal") {
    if (partitions > 1) {
      problems.push(
        `Cannot use topic "${plan.topic}": it has ${partitions} partitions. People's choices must stay in order: create it with one.`,
      );
    }
    must("retention.ms", (value) => value === "-1", "-1, because it is kept for ever");
    must("retention.bytes", (value) => value === "-1", "-1, because it is kept for ever");
  } else {
    const retentionMs = Number(plan.settings["retention.ms"]);
    must(
      "retention.ms",
      (value) => Number(value) >= 0 && Number(value) <= retentionMs,
      `${retentionMs} or less, or raise ROEBUCK_LOG_RETENTION_HOURS: what it holds may not stay longer`,
    );
    must(
      "segment.ms",
      (value) => Number(value) <= segmentMsMax,
      `${segmentMs}: a file goes only once its latest record is due`,
    );
    if (found.get("message.timestamp.type") !== "LogAppendTime") {
      must(
        "message.timestamp.after.max.ms",
        (value) => Number(value) <= aheadMsMax,
        `${aheadMsMax}: a record that is dated ahead would stay longer than it may`,
      );
    }
  }
  must(
    "cleanup.policy",
    (value) => value === "delete",
    "delete: compaction would remove records that are not read yet",
  );
  const sizeWanted = `${batchBytesNeeded} or more`;
  must("max.message.bytes", (value) => Number(value) >= batchBytesNeeded, sizeWanted);
  const differences = ["retention.ms", "segment.ms", "min.insync.replicas"].flatMap((setting) => {
    const value = found.get(setting);
    if (value === undefined || value === plan.settings[setting]) return [];
    return setting === "segment.ms" && Number(value) <= segmentMsMax ? [] : [{ setting, found: value }];
  });
  return { problems, differences: problems.length > 0 ? [] : differences };
}

/**
 * Sees to it that every topic is there and right; creates what is missing, if allowed.
 *
 * @throws Error that says what to change, one line a problem
 * @throws LogUnavailable if the brokers do not answer or refuse this user
 */
export async function ensureTopics(admin: KafkaAdmin, settings: KafkaSettings): Promise<void> {
  const plans = planTopics(settings);
  const name = toLogName(settings);
  const known = new Set(await admin.use(`list the topics of ${name}`, (topics) => topics.listTopics()));
  const missing = plans.filter(({ topic }) => !known.has(topic));
  if (missing.length > 0 && !settings.createTopics) throw new Error(toMissingWords(name, missing));
  for (const plan of missing) {
    await admin.use(`create topic "${plan.topic}" on ${name}`, (topics) => createTopic(topics, plan, settings));
  }
  if (missing.length > 0) await waitForLeaders(admin, missing, settings);
  const problems: string[] = [];
  for (const plan of plans.filter(({ topic }) => known.has(topic))) {
    const found = await admin.use(`check topic "${plan.topic}" on ${name}`, (topics) => readTopic(topics, plan.topic));
    const judgement = judgeTopic(plan, found.partitions, found.settings, toBatchBytesNeeded(settings));
    problems.push(...judgement.problems);
    for (const difference of judgement.differences) {
      settings.onEvent?.({ what: "topic-differs", topic: plan.topic, ...difference });
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

function toMissingWords(name: string, missing: readonly TopicPlan[]): string {
  const lines = missing.map(({ topic, partitions, settings }) => {
    const all = Object.entries(settings).map(([setting, value]) => `${setting}=${value}`);
    return `  ${topic}: ${partitions} partitions, ${all.join(", ")}`;
  });
  return [
    `Cannot open the log at ${name}: these topics are not there, or this user may not see them.`,
    "Create them, give the user the right Describe, or start with ROEBUCK_KAFKA_CREATE_TOPICS=yes:",
    ...lines,
  ].join("\n");
}

async function createTopic(admin: Admin, plan: TopicPlan, { replicationFactor }: KafkaSettings): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false, // the broker that is asked may not have heard of the topic yet, which kafkajs takes for a failure
    topics: [
      {
        topic: plan.topic,
        numPartitions: plan.partitions,
        replicationFactor,
        configEntries: Object.entries(plan.settings).map(([name, value]) => ({ name, value })),
      },
    ],
  });
}

/** A new topic takes a moment to be known to all brokers. Throws `LogUnavailable` if one is not within the time-out. */
async function waitForLeaders(
  admin: KafkaAdmin,
  created: readonly TopicPlan[],
  settings: KafkaSettings,
): Promise<void> {
  const topics = created.map(({ topic }) => topic);
  await admin.use(`find the leaders of ${topics.join(", ")} on ${toLogName(settings)}`, async (asked) => {
    for (const untilMs = performance.now() + settings.requestTimeoutMs; ; ) {
      try {
        const found = await asked.fetchTopicMetadata({ topics });
        const partitions = found.topics.flatMap((topic) => topic.partitions);
        if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return;
      } catch (error) {
        if (performance.now() > untilMs) throw error;
      }
      if (performance.now() > untilMs) throw new TimedOut("a partition has no leader");
      await pause(100);
    }
  });
}

async function readTopic(admin: Admin, topic: string) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
  });
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  return { partitions, settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])) };
}
