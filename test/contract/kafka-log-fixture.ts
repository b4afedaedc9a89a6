import { randomUUID } from "node:crypto";
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { openKafkaLog } from "../../ingest/log/kafka-log.ts";
import type { KafkaLogOptions } from "../../ingest/log/kafka-options.ts";
import type { Log } from "../../schemas/ports.ts";
import { TEST_RETENTION } from "./kafka-test-retention.ts";
import type { LogUnderTest } from "./log-suite.ts";
import { aClock } from "./settable-clock.ts";

/** Topics of one test: theirs alone, removed with it. */
export interface TestTopics extends AsyncDisposable {
  readonly prefix: string;
  readonly options: KafkaLogOptions;
  open(options?: Partial<KafkaLogOptions>): Promise<Log>;
  /** Runs `work` with an administrative connection of its own. */
  administer<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
}

/** Names topics for one test; `open` creates them. */
export function nameTopics(brokers: string): TestTopics {
  const prefix = `test-${randomUUID().slice(0, 8)}.`;
  const options: KafkaLogOptions = {
    brokers: brokers.split(","),
    clientId: "roebuck-test",
    clock: aClock(),
    createTopics: true,
    topicPrefix: prefix,
    partitions: 3,
    replicationFactor: 1,
    minInsyncReplicas: 1,
    ...TEST_RETENTION,
    sessionTimeoutMs: 3_000,
  };
  const administer = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = new Kafka({ brokers: [...options.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  };
  return {
    prefix,
    options,
    open: (more) => openKafkaLog({ ...options, ...more }),
    administer,
    [Symbol.asyncDispose]: () =>
      administer(async (admin) => {
        const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
        if (topics.length > 0) await admin.deleteTopics({ topics });
      }),
  };
}

/** Sets one setting of a topic that is there; the others go back to what the brokers have by default. */
export function alterTopic(admin: Admin, topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  return admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
}

/** A fresh log for the contract suite. It breaks down by a topic that takes no batch, however small. */
export async function openKafkaUnderTest(brokers: string): Promise<LogUnderTest> {
  const topics = nameTopics(brokers);
  const clock = aClock();
  const open = () => topics.open({ clock });
  let log: Log = await open();
  const takeBatches = (bytesMax: number) =>
    topics.administer((admin) =>
      alterTopic(admin, `${topics.prefix}events`, { "max.message.bytes": String(bytesMax), "retention.ms": "-1" }),
    );
  return {
    get log() {
      return log;
    },
    clock,
    quietMs: 1_500,
    restart: async () => {
      await log[Symbol.asyncDispose]();
      log = await open();
    },
    breakDown: () => takeBatches(1),
    repair: () => takeBatches(4_000_000),
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      await topics[Symbol.asyncDispose]();
    },
  };
}
