import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { type Kafka, Partitioners, type Producer } from "kafkajs";
import { type LogRecord, LogUnavailable, type StreamName } from "../../schemas/ports.ts";
import { countForSend, toHourStart, toPieces, toRecordBytes } from "./kafka-batching.ts";
import { allowsTry, type BreakerEvent, type BreakerLimits, CLOSED_BREAKER, reduceBreaker } from "./kafka-breaker.ts";
import { toKafkaFault, toLogUnavailable, withTimeLimit } from "./kafka-fault.ts";
import { type KafkaSettings, toLogName, toTopic } from "./kafka-options.ts";

interface WaitingAppend {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const breakerLimits: BreakerLimits = { failuresMax: 2, firstWaitMs: 250, waitMsMax: 8_000 };

/**
 * Appends to one topic: one send at a time, which takes the appends that wait, to all in-sync replicas.
 *
 * One send at a time, and a new producer after **every** failed one, because of how kafkajs numbers an idempotent
 * producer's batches: when a send fails it takes the numbers back, though the broker may have stored the batch. The
 * next batch would then carry the same numbers, and a broker that sees as many records under them takes it for a
 * repetition: it acknowledges and stores nothing. Within one send kafkajs repeats the same records under the same
 * numbers, which is what they are for.
 *
 * A failed send may have been stored in part or whole; its appends are refused all the same, and whoever repeats
 * them appends a second copy. That is what "refused" means in the port.
 */
export class KafkaAppender implements AsyncDisposable {
  readonly #kafka: Kafka;
  readonly #settings: KafkaSettings;
  readonly #stream: StreamName;
  readonly #topic: string;
  #producer: Producer | undefined;
  #waiting: WaitingAppend[] = [];
  #waitingBytes = 0;
  #breaker = CLOSED_BREAKER;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(kafka: Kafka, settings: KafkaSettings, stream: StreamName) {
    this.#kafka = kafka;
    this.#settings = settings;
    this.#stream = stream;
    this.#topic = toTopic(settings, stream);
  }

  /** Resolves when all in-sync replicas have the records. Rejects with `LogUnavailable`, at once while the brokers are away. */
  append(records: readonly LogRecord[]): Promise<void> {
    if (this.#closed) return Promise.reject(this.#refuse("the log is closed. Open it again."));
    if (records.length === 0) return Promise.resolve();
    if (!allowsTry(this.#breaker, performance.now())) {
      return Promise.reject(this.#refuse("its brokers failed just now. Try again later."));
    }
    const bytes = records.reduce((sum, record) => sum + toRecordBytes(record), 0);
    const { waitingBytesMax } = this.#settings;
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingBytesMax) {
      return Promise.reject(
        this.#refuse(
          `${this.#waitingBytes} bytes wait for the brokers already (at most ${waitingBytesMax}). Try again later.`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined;
      });
    });
  }

  /** Sends what waits, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#sending;
    await this.#dropProducer();
  }

  async #sendAll(): Promise<void> {
    await this.#gather();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, countForSend(this.#waiting, this.#settings.batchBytesMax));
      for (const { bytes } of group) this.#waitingBytes -= bytes;
      await this.#sendGroup(group);
      await nextTurn(); // those who were answered may append again and share the next send
    }
  }

  async #gather(): Promise<void> {
    const { lingerMs, batchBytesMax } = this.#settings;
    if (lingerMs > 0 && this.#waitingBytes < batchBytesMax && !this.#closed) await pause(lingerMs);
    else await nextTurn();
  }

  async #sendGroup(group: readonly WaitingAppend[]): Promise<void> {
    this.#reduce({ what: "tried" });
    try {
      for (const piece of toPieces(
        group.flatMap(({ records }) => records),
        this.#settings.batchBytesMax,
      )) {
        await this.#send(piece);
      }
    } catch (error) {
      const refusal = toLogUnavailable(`append to "${this.#topic}" on ${toLogName(this.#settings)}`, error);
      for (const { reject } of group) reject(refusal);
      await this.#afterFailure(error, refusal);
      return;
    }
    this.#reduce({ what: "succeeded" });
    for (const { resolve } of group) resolve();
  }

  async #send(records: readonly LogRecord[]): Promise<void> {
    const { clock, requestTimeoutMs } = this.#settings;
    const timestamp = String(toHourStart(clock.nowMs()));
    const messages = records.map(({ key, value }) => ({
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      timestamp,
    }));
    const sent = this.#connect().then((producer) =>
      producer.send({ topic: this.#topic, acks: -1, timeout: requestTimeoutMs, messages }),
    );
    await withTimeLimit(requestTimeoutMs, sent);
  }

  async #connect(): Promise<Producer> {
    if (this.#producer !== undefined) return this.#producer;
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 4, initialRetryTime: 50, maxRetryTime: 500 },
    });
    this.#producer = producer;
    await producer.connect();
    return producer;
  }

  async #afterFailure(error: unknown, refusal: LogUnavailable): Promise<void> {
    const { reason } = toKafkaFault(error);
    this.#reduce({ what: "failed", nowMs: performance.now(), random: Math.random() }, reason);
    void this.#dropProducer();
    if (this.#breaker.state !== "open") return;
    for (const { reject } of this.#waiting) reject(refusal);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Lets go of the producer. One that is still trying is told to stop again later, because kafkajs would connect anew. */
  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer === undefined) return;
    const { requestTimeoutMs } = this.#settings;
    await withTimeLimit(requestTimeoutMs, producer.disconnect()).catch(() => undefined);
    if (this.#closed) return;
    setTimeout(() => producer.disconnect().catch(() => undefined), requestTimeoutMs * 2).unref();
  }

  #reduce(event: BreakerEvent, reason = ""): void {
    const before = this.#breaker;
    this.#breaker = reduceBreaker(before, event, breakerLimits);
    const { onEvent } = this.#settings;
    const stream = this.#stream;
    if (this.#breaker.state === "open" && before.state !== "open") {
      onEvent?.({ what: "appends-refused", stream, reason, waitMs: this.#breaker.waitMs });
    }
    if (this.#breaker.state === "closed" && before.state === "probing") onEvent?.({ what: "appends-resumed", stream });
  }

  #refuse(reason: string): LogUnavailable {
    return new LogUnavailable(`Cannot append to "${this.#topic}" on ${toLogName(this.#settings)}: ${reason}`);
  }
}
