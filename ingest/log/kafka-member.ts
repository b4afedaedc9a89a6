import { setTimeout as pause } from "node:timers/promises";
import {
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type KafkaMessage,
  type OffsetsByTopicPartition,
  type PartitionAssigner,
  PartitionAssigners,
} from "kafkajs";
import { LogUnavailable, type StoredRecord } from "../../schemas/ports.ts";
import { toKafkaFault, toLogUnavailable, withTimeLimit } from "./kafka-fault.ts";

/** Which group to join, and what to read there. */
export interface MemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** What a member tells. A generation is a number of our own: one more each time the partitions are shared out. */
export interface MemberEvents {
  /** These partitions are this member's until `onLeft`. Called before the first record of the generation comes. */
  onJoined(partitions: readonly number[], generation: number): void;
  /** The member gave its partitions back: the group shares them out anew, or the brokers are away. */
  onLeft(): void;
  /** Records of a partition, in order. The next come once this resolves; if it rejects they come again. */
  onRecords(partition: number, records: readonly StoredRecord[], generation: number): Promise<void>;
  /** The brokers are away or refuse; the member tries again by itself. */
  onAway(reason: string, refusal: LogUnavailable): void;
}

/** How long brokers hold a question for records while there are none; also how soon a partition is read again after a pause. */
const fetchWaitMs = 250;
const backOff = { firstMs: 200, maxMs: 5_000 };

/**
 * One member of a Kafka consumer group, which joins again whatever happens, until closed.
 *
 * Two things kafkajs leaves open are closed here. It commits under whatever generation is current when the request
 * goes out, so a commit decided on before the partitions were shared out anew could pass for one of the new owner:
 * a commit here names the generation it belongs to, and none goes out between the moment a (re)join begins, which
 * the assigner is asked for its protocol, and its end. And its restarts after a crash keep broken connections: here
 * every crash ends in a new consumer.
 */
export class KafkaMember implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #options: MemberOptions;
  readonly #events: MemberEvents;
  #consumer: Consumer | undefined;
  #generation = 0;
  /** 0 while no partitions are assigned. */
  #current = 0;
  #commit: EachBatchPayload["commitOffsetsIfNecessary"] | undefined;
  #closed = false;
  #crashes = 0;

  private constructor(kafka: Kafka, options: MemberOptions, events: MemberEvents) {
    this.#kafka = kafka;
    this.#options = options;
    this.#events = events;
  }

  /** Begins to join; `onJoined` tells when it has. */
  static open(kafka: Kafka, options: MemberOptions, events: MemberEvents): KafkaMember {
    const member = new KafkaMember(kafka, options, events);
    void member.#start();
    return member;
  }

  /** Commits a group position with its note. Throws `LogUnavailable`, also if the generation is over. */
  async commit(generation: number, partition: number, offset: number, metadata: string): Promise<void> {
    const { topic, group, requestTimeoutMs } = this.#options;
    const action = `store the position of group "${group}" in topic "${topic}"`;
    const commit = this.#commit;
    if (generation !== this.#current || commit === undefined) {
      throw new LogUnavailable(`Cannot ${action}: the group shares its partitions out anew. Try again.`);
    }
    // the driver passes metadata on, which its type for this call leaves out
    const position = { partition, offset: String(offset), metadata };
    const offsets: OffsetsByTopicPartition = { topics: [{ topic, partitions: [position] }] };
    try {
      await withTimeLimit(requestTimeoutMs, commit(offsets));
    } catch (error) {
      throw toLogUnavailable(action, error);
    }
  }

  /** Reads no more of a partition until `resume`. */
  pause(partition: number): void {
    if (this.#current !== 0) this.#consumer?.pause([{ topic: this.#options.topic, partitions: [partition] }]);
  }

  /** Reads a partition again. */
  resume(partition: number): void {
    if (this.#current !== 0) this.#consumer?.resume([{ topic: this.#options.topic, partitions: [partition] }]);
  }

  /** Reads a partition from `offset` on; records on their way may still come first. */
  seek(partition: number, offset: number): void {
    if (this.#current !== 0) this.#consumer?.seek({ topic: this.#options.topic, partition, offset: String(offset) });
  }

  /** Leaves the group. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#leave();
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (consumer === undefined) return;
    await withTimeLimit(this.#options.requestTimeoutMs, consumer.disconnect()).catch(() => undefined);
  }

  async #start(): Promise<void> {
    while (!this.#closed) {
      const consumer = this.#create();
      this.#consumer = consumer;
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [this.#options.topic], fromBeginning: true });
        if (!this.#closed) {
          await consumer.run({ autoCommit: false, eachBatch: (payload) => this.#take(payload) });
        }
        if (this.#closed) await consumer.disconnect(); // closed meanwhile: this one was not there to be closed
        return;
      } catch (error) {
        this.#tellAway(error);
        await consumer.disconnect().catch(() => undefined);
        await this.#waitAfterCrash();
      }
    }
  }

  #create(): Consumer {
    const { group, sessionTimeoutMs } = this.#options;
    const consumer = this.#kafka.consumer({
      groupId: group,
      partitionAssigners: [this.#toFencedAssigner()],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.max(200, Math.floor(sessionTimeoutMs / 10)),
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: 4 * 1_024 * 1_024,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (consumer === this.#consumer) this.#join(payload.memberAssignment[this.#options.topic] ?? []);
    });
    consumer.on(consumer.events.CRASH, async ({ payload }) => {
      if (this.#closed || consumer !== this.#consumer) return;
      this.#tellAway(payload.error);
      await this.#waitAfterCrash();
      await this.#start();
    });
    return consumer;
  }

  /** kafkajs's own way to share partitions out, which also tells that a join begins. */
  #toFencedAssigner(): PartitionAssigner {
    return (config) => {
      const assigner = PartitionAssigners.roundRobin(config);
      return {
        ...assigner,
        protocol: (subscription) => {
          this.#leave();
          return assigner.protocol(subscription);
        },
      };
    };
  }

  #join(partitions: readonly number[]): void {
    this.#generation += 1;
    this.#current = this.#generation;
    this.#crashes = 0;
    for (const partition of partitions) this.resume(partition);
    this.#events.onJoined(partitions, this.#current);
  }

  #leave(): void {
    if (this.#current === 0) return;
    this.#current = 0;
    this.#commit = undefined;
    this.#events.onLeft();
  }

  async #take({ batch, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    const generation = this.#current;
    if (generation === 0) return;
    this.#commit = commitOffsetsIfNecessary;
    await this.#events.onRecords(batch.partition, batch.messages.map(toStoredRecord), generation);
  }

  #tellAway(error: unknown): void {
    this.#leave();
    if (this.#closed) return;
    const { group, topic } = this.#options;
    const refusal = toLogUnavailable(`read topic "${topic}" as group "${group}"`, error);
    this.#events.onAway(toKafkaFault(error).reason, refusal);
  }

  async #waitAfterCrash(): Promise<void> {
    const waitMs = Math.min(backOff.firstMs * 2 ** this.#crashes, backOff.maxMs);
    this.#crashes = Math.min(this.#crashes + 1, 10);
    await pause(waitMs * (0.5 + Math.random() / 2));
  }
}

const nothing = new Uint8Array();

function toStoredRecord({ key, value, offset }: KafkaMessage): StoredRecord {
  return { key: key?.toString() ?? "", value: value ?? nothing, offset: Number(offset) };
}
