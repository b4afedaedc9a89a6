import type { Kafka } from "kafkajs";
import {
  type BatchLimits,
  type LogBatch,
  type LogConsumer,
  LogUnavailable,
  RangeLost,
  type StreamName,
} from "../../schemas/ports.ts";
import type { GroupPosition } from "./group-positions.ts";
import { toNote } from "./kafka-note.ts";
import type { KafkaOffsets, PartitionSpan } from "./kafka-offsets.ts";
import { type KafkaSettings, toTopic } from "./kafka-options.ts";
import { type HeldPartitions, KafkaReader } from "./kafka-reader.ts";
import { PartitionTurn } from "./kafka-turn.ts";

/** Which group reads which stream. */
export interface ConsumedTopic {
  readonly stream: StreamName;
  /** As the port's callers name it; in Kafka it is `<prefix><stream>.<group>`. */
  readonly group: string;
}

/** What a group is called in Kafka: groups of different topics never share positions. */
export function toGroupId(topic: string, group: string): string {
  return `${topic}.${group}`;
}

/**
 * A member of a Kafka consumer group.
 *
 * Kafka shares the partitions out among the members, and anew whenever one comes or goes; each then takes its
 * partitions up from the position and note that are stored. A range handed out before may still be begun and ended
 * if its partition came back to this member and nothing of it was touched meanwhile; otherwise `begin` and `done`
 * throw `RangeLost`, and its records come again, to whoever has the partition.
 *
 * Offsets of a partition have no gaps, because nothing is written in transactions and no topic is compacted. Should
 * there be one all the same, it is told of and passed over; no range spans it.
 */
export class KafkaConsumer implements LogConsumer {
  readonly #settings: KafkaSettings;
  readonly #consumed: ConsumedTopic;
  readonly #topic: string;
  readonly #groupId: string;
  readonly #offsets: KafkaOffsets;
  readonly #reader: KafkaReader;

  private constructor(kafka: Kafka, settings: KafkaSettings, offsets: KafkaOffsets, consumed: ConsumedTopic) {
    this.#settings = settings;
    this.#consumed = consumed;
    this.#offsets = offsets;
    this.#topic = toTopic(settings, consumed.stream);
    this.#groupId = toGroupId(this.#topic, consumed.group);
    this.#reader = new KafkaReader(kafka, {
      ...settings,
      stream: consumed.stream,
      topic: this.#topic,
      group: this.#groupId,
      takeUp: (partitions) => this.#takeUp(partitions),
      spans: () => offsets.spans(this.#topic),
      onSkipped: (partition, { first, last }, noted) => {
        settings.onEvent?.({ what: "expired-unread", ...consumed, partition, first, last, noted: noted !== undefined });
      },
      onJoined: (partitions) => settings.onEvent?.({ what: "member-joined", group: this.#groupId, partitions }),
      onAway: (reason) => settings.onEvent?.({ what: "member-away", group: this.#groupId, reason }),
    });
  }

  /** Joins the group; answers when partitions were given out. Throws `LogUnavailable`. */
  static async open(
    kafka: Kafka,
    settings: KafkaSettings,
    offsets: KafkaOffsets,
    consumed: ConsumedTopic,
  ): Promise<KafkaConsumer> {
    const consumer = new KafkaConsumer(kafka, settings, offsets, consumed);
    try {
      // a member that died holds up the others until its session times out
      await consumer.#held("join", settings.sessionTimeoutMs * 2 + settings.requestTimeoutMs);
    } catch (error) {
      await consumer[Symbol.asyncDispose]();
      throw error;
    }
    return consumer;
  }

  async next(limits: BatchLimits): Promise<LogBatch | undefined> {
    if (this.#reader.closed) throw this.#toClosed("read");
    for (let leftMs = limits.waitMs; ; ) {
      const batch = this.#reader.take(limits);
      if (batch !== undefined) return batch;
      if (this.#reader.away !== undefined) throw this.#reader.away;
      if (leftMs <= 0) return undefined;
      leftMs = await this.#reader.wait(leftMs);
      if (this.#reader.closed) return undefined;
    }
  }

  async begin(batch: LogBatch): Promise<void> {
    const { generation, turns } = await this.#held("note a range in");
    const turn = turns.get(batch.partition);
    if (turn === undefined || !turn.mayBegin(batch)) throw this.#lose("begin", batch, turn);
    await this.#reader.commit(generation, batch.partition, batch.first, toNote(batch));
    turn.begin({ first: batch.first, last: batch.last });
  }

  async done(batch: LogBatch): Promise<void> {
    const { generation, turns } = await this.#held("move past a range in");
    const turn = turns.get(batch.partition);
    if (turn !== undefined && turn.done > batch.last) return; // stored, though the answer was lost
    if (turn === undefined || !turn.mayEnd(batch)) throw this.#lose("end", batch, turn);
    await this.#reader.commit(generation, batch.partition, batch.last + 1, "");
    turn.finish(batch);
  }

  async lag(): Promise<number> {
    const { turns } = await this.#held("measure what waits in");
    const spans = await this.#offsets.spans(this.#topic);
    let lag = 0;
    for (const [partition, turn] of turns) {
      const { low, high } = spans.get(partition) ?? { low: 0, high: 0 };
      lag += Math.max(0, high - Math.max(turn.done, low));
    }
    return lag;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }

  async #held(action: string, waitMs = this.#settings.requestTimeoutMs): Promise<HeldPartitions> {
    if (this.#reader.closed) throw this.#toClosed(action);
    const held = await this.#reader.held(waitMs);
    if (held !== undefined) return held;
    if (this.#reader.closed) throw this.#toClosed(action);
    throw this.#reader.away ?? this.#toUnavailable(action, "the group shares its partitions out. Try again later.");
  }

  async #takeUp(partitions: readonly number[]): Promise<ReadonlyMap<number, PartitionTurn>> {
    const positions = await this.#offsets.positions(this.#topic, this.#groupId);
    const spans = await this.#offsets.spans(this.#topic);
    return new Map(
      partitions.map((partition) => {
        const span = spans.get(partition) ?? { low: 0, high: 0 };
        const position = positions.get(partition) ?? { offset: span.low };
        return [partition, new PartitionTurn(this.#toKept(partition, position, span))];
      }),
    );
  }

  /** The position as far as the partition still holds it: what expired is passed over, and told of. */
  #toKept(partition: number, { offset, noted }: GroupPosition, { low, high }: PartitionSpan): GroupPosition {
    const { onEvent } = this.#settings;
    if (offset < low) {
      onEvent?.({
        what: "expired-unread",
        ...this.#consumed,
        partition,
        first: offset,
        last: low - 1,
        noted: noted !== undefined,
      });
      return { offset: low };
    }
    if (noted === undefined || noted.last < high) return noted === undefined ? { offset } : { offset, noted };
    onEvent?.({ what: "tail-lost", ...this.#consumed, partition, first: high, last: noted.last });
    return { offset: Math.min(offset, high) };
  }

  #lose(action: "begin" | "end", { partition, first, last }: LogBatch, turn: PartitionTurn | undefined): RangeLost {
    if (turn !== undefined) this.#reader.rewind(partition, turn);
    const reason =
      turn === undefined
        ? "the partition went to another member of the group"
        : "another range of the partition was begun or done meanwhile";
    return new RangeLost(
      `Cannot ${action} ${first}-${last} of partition ${partition} of topic "${this.#topic}": ${reason}. Drop the range; its records come again.`,
    );
  }

  #toClosed(action: string): LogUnavailable {
    return this.#toUnavailable(action, "this consumer is closed. Open another.");
  }

  #toUnavailable(action: string, reason: string): LogUnavailable {
    return new LogUnavailable(`Cannot ${action} topic "${this.#topic}" as group "${this.#groupId}": ${reason}`);
  }
}
