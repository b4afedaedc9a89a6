import type { Kafka } from "kafkajs";
import type { EpochMs } from "../../schemas/ids.ts";
import {
  type Log,
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  LogUnavailable,
  type StreamName,
} from "../../schemas/ports.ts";
import { KafkaAdmin } from "./kafka-admin.ts";
import { KafkaAppender } from "./kafka-appender.ts";
import { toKafka } from "./kafka-client.ts";
import { KafkaConsumer, toGroupId } from "./kafka-consumer.ts";
import { followTopic } from "./kafka-follow.ts";
import { KafkaOffsets } from "./kafka-offsets.ts";
import { type KafkaLogOptions, type KafkaSettings, toKafkaSettings, toLogName, toTopic } from "./kafka-options.ts";
import { ensureTopics } from "./kafka-topics.ts";

const streamNames: readonly StreamName[] = ["events", "journal", "quarantine"];

/** Part of a group's name in Kafka. */
const groupName = /^[a-z0-9-]{1,64}$/;

/** An administrative question may take this many request time-outs: some ask twice, and leaders may be changing. */
const adminRequests = 2;

/**
 * Opens a log that Kafka brokers keep: a topic a stream, `<prefix>events`, `<prefix>journal`, `<prefix>quarantine`.
 *
 * One append's records go out in one request (several, if they are more than `batchBytesMax`); Kafka keeps those of
 * one partition together or not at all, those of several partitions each by themselves. An append that was refused
 * may have been kept in part or whole.
 *
 * Records carry the hour of their append, not the instant. Kafka owns the disk: `expire` moves the first offset,
 * after which nobody can read what is before it, and the brokers delete files once all of a file has expired.
 *
 * @throws LogUnavailable if no broker answers, or they refuse this user; Error if a topic is missing or set up wrongly
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const settings = toKafkaSettings(options);
  const kafka = toKafka(settings);
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const admin = opened.use(new KafkaAdmin(kafka, settings.requestTimeoutMs * adminRequests));
  await ensureTopics(admin, settings);
  return new KafkaLog(kafka, settings, new KafkaOffsets(admin, toLogName(settings)), opened.move());
}

class KafkaLog implements Log {
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #offsets: KafkaOffsets;
  readonly #opened: AsyncDisposableStack;
  readonly #appenders: ReadonlyMap<StreamName, KafkaAppender>;
  readonly #closing = new AbortController();

  constructor(kafka: Kafka, settings: KafkaSettings, offsets: KafkaOffsets, opened: AsyncDisposableStack) {
    this.#kafka = kafka;
    this.#settings = settings;
    this.#offsets = offsets;
    this.#opened = opened;
    this.#appenders = new Map(
      streamNames.map((stream) => [stream, opened.use(new KafkaAppender(kafka, settings, stream))]),
    );
    opened.defer(() => this.#closing.abort());
  }

  async append(stream: StreamName, records: readonly LogRecord[]): Promise<void> {
    const { recordBytesMax } = this.#settings;
    for (const { key, value } of records) {
      const bytes = key.length + value.byteLength;
      if (bytes <= recordBytesMax) continue;
      throw new Error(
        `Cannot append a record of ${bytes} bytes to stream "${stream}": at most ${recordBytesMax} are taken`,
      );
    }
    await this.#appenders.get(stream)?.append(records);
  }

  async consume(stream: StreamName, group: string): Promise<LogConsumer> {
    if (!groupName.test(group)) {
      throw new Error(`Cannot consume "${stream}" for group "${group}": a name has 1-64 of a-z, 0-9 and "-"`);
    }
    this.#checkOpen(`consume "${stream}"`);
    const consumer = await KafkaConsumer.open(this.#kafka, this.#settings, this.#offsets, { stream, group });
    if (this.#closing.signal.aborted) await consumer[Symbol.asyncDispose]();
    this.#checkOpen(`consume "${stream}"`);
    this.#opened.use(consumer);
    return consumer;
  }

  async *follow(stream: StreamName, signal: AbortSignal): AsyncGenerator<LogBatch> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    yield* followTopic(this.#kafka, this.#settings, this.#offsets, stream, ended);
  }

  async ends(stream: StreamName): Promise<ReadonlyMap<number, number>> {
    const spans = await this.#offsets.spans(toTopic(this.#settings, stream));
    return new Map([...spans].map(([partition, { high }]) => [partition, high]));
  }

  async positions(stream: StreamName, group: string): Promise<ReadonlyMap<number, number>> {
    const topic = toTopic(this.#settings, stream);
    const found = await this.#offsets.positions(topic, toGroupId(topic, group));
    return new Map([...found].map(([partition, { offset }]) => [partition, offset]));
  }

  /** Answers by how many offsets the partitions begin later. */
  async expire(stream: StreamName, beforeMs: EpochMs): Promise<number> {
    if (stream === "journal") {
      throw new Error(
        'Cannot expire records of stream "journal": it is permanent, people\'s choices and contracts rest on it',
      );
    }
    return this.#offsets.removeBefore(toTopic(this.#settings, stream), beforeMs);
  }

  truncate(stream: StreamName, partition: number, before: number): Promise<number> {
    return this.#offsets.removeTo(toTopic(this.#settings, stream), partition, before);
  }

  /** What is written to Kafka cannot be changed; the bytes leave with the retention of the topic. */
  async blank(): Promise<"by retention"> {
    return "by retention";
  }

  async rewind(stream: StreamName, group: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const topic = toTopic(this.#settings, stream);
    await this.#offsets.setPositions(topic, toGroupId(topic, group), positions);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  #checkOpen(action: string): void {
    if (!this.#closing.signal.aborted) return;
    throw new LogUnavailable(`Cannot ${action} on ${toLogName(this.#settings)}: the log is closed. Open it again.`);
  }
}
