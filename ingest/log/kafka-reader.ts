import { setTimeout as pause } from "node:timers/promises";
import type { Kafka } from "kafkajs";
import {
  type BatchLimits,
  type LogBatch,
  LogUnavailable,
  type StoredRecord,
  type StreamName,
} from "../../schemas/ports.ts";
import { Arrivals } from "./arrivals.ts";
import type { OffsetRange } from "./group-positions.ts";
import { KafkaMember, type MemberOptions } from "./kafka-member.ts";
import type { PartitionSpan } from "./kafka-offsets.ts";
import type { PartitionTurn } from "./kafka-turn.ts";

/** What a reader reads, and what it is to do with what it finds. */
export interface ReaderOptions extends MemberOptions {
  readonly stream: StreamName;
  readonly readAheadBytesMax: number;
  /** Where each of the partitions is taken up. Throws `LogUnavailable`; it is then asked again. */
  readonly takeUp: (partitions: readonly number[]) => Promise<ReadonlyMap<number, PartitionTurn>>;
  /** What each partition holds now. Throws `LogUnavailable`. */
  readonly spans: () => Promise<ReadonlyMap<number, PartitionSpan>>;
  /** Told of offsets that will never be seen here, and of a range that can for that reason not be formed again. */
  readonly onSkipped: (partition: number, skipped: OffsetRange, noted: OffsetRange | undefined) => void;
  readonly onJoined: (partitions: readonly number[]) => void;
  readonly onAway: (reason: string) => void;
}

/** The partitions of one generation. */
export interface HeldPartitions {
  readonly generation: number;
  readonly turns: ReadonlyMap<number, PartitionTurn>;
}

const retryMs = 250;
const partitionBytesMin = 256 * 1_024;

/** Reads ahead of a group member, within bounds, and gives ranges one after another, partition by partition. */
export class KafkaReader implements AsyncDisposable {
  readonly #options: ReaderOptions;
  readonly #member: KafkaMember;
  readonly #arrivals = new Arrivals();
  readonly #paused = new Set<number>();
  /** The first offset after a gap that was there twice: then it is a gap of the partition, not of the reading. */
  readonly #gaps = new Map<number, number>();
  #generation = 0;
  #held: HeldPartitions | undefined;
  #away: LogUnavailable | undefined;
  #lastServed = -1;
  #closed = false;

  constructor(kafka: Kafka, options: ReaderOptions) {
    this.#options = options;
    this.#member = KafkaMember.open(kafka, options, {
      onJoined: (partitions, generation) => void this.#join(partitions, generation),
      onLeft: () => this.#leave(),
      onRecords: (partition, records, generation) => this.#take(partition, records, generation),
      onAway: (reason, refusal) => {
        this.#away = refusal;
        options.onAway(reason);
        this.#arrivals.announce();
      },
    });
  }

  /** Why nothing comes, as far as that is known. */
  get away(): LogUnavailable | undefined {
    return this.#away;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The partitions that are held; waits up to `waitMs` while they are shared out. */
  async held(waitMs: number, signal?: AbortSignal): Promise<HeldPartitions | undefined> {
    const untilMs = performance.now() + waitMs;
    while (this.#held === undefined && !this.#closed && !signal?.aborted) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      await this.#arrivals.wait(leftMs, signal);
    }
    return this.#closed ? undefined : this.#held;
  }

  /** The next range of any partition; those that were begun before come first. */
  take({ recordsMax, bytesMax }: Pick<BatchLimits, "recordsMax" | "bytesMax">): LogBatch | undefined {
    const partitions = [...(this.#held?.turns ?? [])].toSorted(([a], [b]) => a - b);
    const after = partitions.filter(([partition]) => partition > this.#lastServed);
    const before = partitions.filter(([partition]) => partition <= this.#lastServed);
    for (const [partition, turn] of [...after, ...before]) {
      const records = turn.take(recordsMax, bytesMax);
      const first = records?.[0]?.offset;
      const last = records?.at(-1)?.offset;
      if (records === undefined || first === undefined || last === undefined) continue;
      this.#lastServed = partition;
      this.#resumeIfRoom(partition, turn);
      return { stream: this.#options.stream, partition, first, last, records };
    }
    return undefined;
  }

  /** Waits for records, a change or `ms`; answers how many ms are left. */
  async wait(ms: number, signal?: AbortSignal): Promise<number> {
    const startedMs = performance.now();
    if (!this.#closed) await this.#arrivals.wait(ms, signal);
    return ms - (performance.now() - startedMs);
  }

  /** Stores a position of the generation. Throws `LogUnavailable`. */
  commit(generation: number, partition: number, offset: number, metadata: string): Promise<void> {
    return this.#member.commit(generation, partition, offset, metadata);
  }

  /** Reads again what was handed out of a partition and not begun. */
  rewind(partition: number, turn: PartitionTurn): void {
    turn.rewind();
    this.#member.seek(partition, turn.end);
    this.#resumeIfRoom(partition, turn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#arrivals.announce();
    await this.#member[Symbol.asyncDispose]();
  }

  async #join(partitions: readonly number[], generation: number): Promise<void> {
    this.#generation = generation;
    this.#paused.clear();
    this.#gaps.clear();
    while (this.#generation === generation && !this.#closed) {
      try {
        const turns = await this.#options.takeUp(partitions);
        if (this.#generation !== generation || this.#closed) return;
        this.#held = { generation, turns };
        for (const [partition, turn] of turns) this.#member.seek(partition, turn.end);
        this.#away = undefined;
        this.#options.onJoined(partitions);
        this.#arrivals.announce();
        return;
      } catch (error) {
        if (error instanceof LogUnavailable) this.#away = error; // told to whoever asks meanwhile
        await pause(retryMs);
      }
    }
  }

  #leave(): void {
    this.#generation = 0;
    this.#held = undefined;
    this.#arrivals.announce();
  }

  async #take(partition: number, records: readonly StoredRecord[], generation: number): Promise<void> {
    while (this.#generation === generation && this.#held === undefined && !this.#closed)
      await this.#arrivals.wait(1_000);
    const turn = this.#held?.generation === generation ? this.#held.turns.get(partition) : undefined;
    if (turn === undefined || this.#closed) return;
    await this.#push(partition, turn, records);
    if (turn.bytes >= this.#bytesMax() && !turn.lacks) {
      this.#paused.add(partition);
      this.#member.pause(partition);
    }
    this.#arrivals.announce();
  }

  /**
   * A gap is mostly one of the reading: an answer that was on its way when the position changed. It is read again
   * from where it should be. Records that expired, and a gap that is there again, are skipped and told of.
   */
  async #push(partition: number, turn: PartitionTurn, records: readonly StoredRecord[]): Promise<void> {
    for (let gap = turn.push(records); gap !== undefined; gap = turn.push(records)) {
      const seen = this.#gaps.get(partition) === gap.last;
      const low = seen ? gap.last + 1 : ((await this.#options.spans()).get(partition)?.low ?? 0);
      if (gap.first !== turn.end) return; // rewound meanwhile
      if (low <= gap.last) {
        this.#gaps.set(partition, gap.last);
        if (low > gap.first) this.#skip(partition, turn, { first: gap.first, last: low - 1 });
        this.#member.seek(partition, turn.end);
        return;
      }
      this.#gaps.delete(partition);
      this.#skip(partition, turn, gap);
    }
  }

  #skip(partition: number, turn: PartitionTurn, gap: OffsetRange): void {
    this.#options.onSkipped(partition, gap, turn.skip(gap));
  }

  #bytesMax(): number {
    return Math.max(partitionBytesMin, this.#options.readAheadBytesMax / Math.max(1, this.#held?.turns.size ?? 1));
  }

  #resumeIfRoom(partition: number, turn: PartitionTurn): void {
    if (!this.#paused.has(partition)) return;
    if (turn.bytes > this.#bytesMax() / 2 && !turn.lacks) return;
    this.#paused.delete(partition);
    this.#member.resume(partition);
  }
}
