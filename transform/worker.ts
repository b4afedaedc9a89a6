import type { PseudonymKeys } from "../schemas/keyring.ts";
import {
  type Clock,
  type Log,
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  LogUnavailable,
  RangeLost,
  type Warehouse,
  WarehouseRefused,
  WarehouseUnavailable,
} from "../schemas/ports.ts";
import { type BackOff, toBackOffMs, waitMs } from "./back-off.ts";
import type { TableBody } from "./batch.ts";
import type { ClockLimits } from "./clock.ts";
import type { FollowedJournal } from "./journal-follow.ts";
import { KeysUnavailable } from "./keys.ts";
import { addRange, NO_METRICS, type TransformMetrics } from "./metrics.ts";
import type { PipelineFacts } from "./pipeline.ts";
import { type PreparedRange, prepareRange, toHalves } from "./prepare.ts";
import { PseudonymBook } from "./pseudonym.ts";
import { toQuarantined } from "./quarantine.ts";
import { isRowRefusal } from "./row-refusal.ts";

/** How the transform gathers and judges. Plain data. */
export interface TransformSettings extends ClockLimits {
  /** Most log records that are read at once. */
  readonly batchRecordsMax: number;
  /** How long records gather before the next insert while there is no backlog, milliseconds. */
  readonly batchWaitMs: number;
}

/** What the transform says of itself: a fixed sentence and typed facts, never anything of a record. */
export interface TransformLogger {
  info(sentence: string, facts?: Readonly<Record<string, number | string>>): void;
  warn(sentence: string, facts?: Readonly<Record<string, number | string>>): void;
}

/** What the transform works with. */
export interface TransformParts {
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly journal: FollowedJournal;
  /**
   * The keys as they are now; asked once a batch, after it was read, so that a new Partner's salt is never missed.
   * The same object as long as nothing changed. Throws `KeysUnavailable`.
   */
  readonly keys: () => Promise<PseudonymKeys>;
  readonly clock: Clock;
  readonly settings: TransformSettings;
  readonly logger: TransformLogger;
  /** Stops the transform; the range that is in flight is finished, or left to be repeated if the warehouse is away. */
  readonly signal: AbortSignal;
  /** Raised by a restore, so that tokens of before it count no more. From 1. */
  readonly storeEpoch?: number;
  /** Where unreadable records go. A log that this thread may not append to needs another way; default: the log. */
  readonly appendQuarantined?: (records: readonly LogRecord[]) => Promise<void>;
  /** Told after every range and every failed try. */
  readonly onMetrics?: (metrics: TransformMetrics) => void;
}

/** Group of the `events` stream that the transform is. */
export const TRANSFORM_GROUP = "transform";

const RANGE_BYTES_MAX = 32 * 1024 * 1024;
const RETRY: BackOff = { firstMs: 100, maxMs: 10_000 };
/** More records than this behind: insert without gathering. */
const BACKLOG_RECORDS_MIN = 2_000;

/**
 * Brings events from the log to the warehouse until `signal` aborts: read, transform, note the range, insert every
 * table, move on.
 *
 * Every insert carries the token `epoch:stream:partition:first-last:table`. A range that was noted before a crash is
 * formed again and repeats its tokens, so that ClickHouse drops what it has. Whatever fails (the log, the warehouse,
 * keys that cannot be read) is tried again with back-off for ever and nothing is skipped. A row that ClickHouse refuses
 * for what is in it is found by halving the range; its record is quarantined and the rest goes on. Any other refusal is
 * the operator's to mend. Several may run as members of one group; what the log gives to another member is dropped here.
 *
 * @throws Error for bugs, and if the journal has an entry that this release cannot read
 */
export async function runTransform(parts: TransformParts): Promise<void> {
  await using consumer = await parts.log.consume("events", TRANSFORM_GROUP);
  await new Transform(parts, consumer).run();
}

/** The signal aborted while a step kept failing. */
class Stopped extends Error {}

class Transform {
  readonly #parts: TransformParts;
  readonly #consumer: LogConsumer;
  readonly #random: () => number;
  #book: { readonly keys: PseudonymKeys; readonly pseudonyms: PseudonymBook } | undefined;
  #metrics = NO_METRICS;
  #storing: Promise<void> = Promise.resolve();

  constructor(parts: TransformParts, consumer: LogConsumer, random: () => number = Math.random) {
    this.#parts = parts;
    this.#consumer = consumer;
    this.#random = random;
  }

  async run(): Promise<void> {
    try {
      await this.#readUntilStopped();
      await this.#storing;
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  async #readUntilStopped(): Promise<void> {
    const { settings, signal } = this.#parts;
    const limits = { recordsMax: settings.batchRecordsMax, bytesMax: RANGE_BYTES_MAX, waitMs: settings.batchWaitMs };
    const lagMax = Math.min(BACKLOG_RECORDS_MIN, settings.batchRecordsMax);
    let came = false;
    while (!signal.aborted) {
      const lag = await this.#survey();
      if (!came || lag < lagMax) {
        // Without backlog records gather: many small inserts cost ClickHouse more than few large ones.
        if (came) await waitMs(settings.batchWaitMs, signal);
        await this.#storing;
      }
      let batch = await this.#insist("read events", () => this.#consumer.next(limits));
      came = batch !== undefined;
      while (batch !== undefined && !signal.aborted) batch = await this.#transform(batch);
    }
  }

  /** Hands the batch, or as much of it as fits one insert, on to be stored, and answers the rest. */
  async #transform(batch: LogBatch): Promise<LogBatch | undefined> {
    const { journal, settings, clock } = this.#parts;
    await this.#insist("read the journal", () => journal.caughtUp());
    const pseudonyms = await this.#insist("read the keys", () => this.#pseudonyms());
    const facts = { journal: journal.state(), pseudonyms, limits: settings, nowMs: clock.nowMs() };
    const prepared = await prepareRange(batch, facts);
    // One range is stored while the next is prepared; never two, because only one can be noted.
    await this.#storing;
    if (this.#parts.signal.aborted) return undefined;
    this.#storing = this.#store(prepared, facts);
    this.#storing.catch(() => undefined); // heard where it is awaited
    return prepared.rest;
  }

  /** Stores the range whole, or not at all where it is another member's by now: then that one stores it. */
  async #store(prepared: PreparedRange, facts: PipelineFacts): Promise<void> {
    const { range, bodies, quarantined } = prepared;
    try {
      await this.#insist("note the range", () => this.#consumer.begin(range));
      if (quarantined.length > 0) await this.#quarantine(quarantined);
      for (const body of bodies) await this.#insistOnTable(range, body, facts);
      await this.#insist("move past the range", () => this.#consumer.done(range));
    } catch (error) {
      if (!(error instanceof RangeLost)) throw error;
      this.#parts.logger.warn("a range went to another member of the group", { partition: range.partition });
      return;
    }
    this.#report(addRange(this.#metrics, prepared));
  }

  async #quarantine(records: readonly LogRecord[]): Promise<void> {
    const { log, logger, appendQuarantined } = this.#parts;
    const append = appendQuarantined ?? ((unreadable) => log.append("quarantine", unreadable));
    await this.#insist("quarantine records", () => append(records));
    logger.warn("records were quarantined", { records: records.length });
  }

  /**
   * Stores a table's rows of a range, and quarantines the records whose rows are refused. If all of several records are
   * refused, it is not the records: then it waits for the operator, as for an outage.
   */
  async #insistOnTable(range: LogBatch, body: TableBody, facts: PipelineFacts): Promise<void> {
    const refused = await this.#insist(`insert into ${body.table}`, async () => {
      const found = await this.#insertOrHalve(range, body, facts);
      if (found.length > 1 && found.length === range.records.length) {
        throw new WarehouseUnavailable(
          `Cannot insert into ${body.table}: ClickHouse refuses every row; compare the table with this release`,
        );
      }
      return found;
    });
    if (refused.length > 0) await this.#quarantine(refused);
  }

  /** Stores what it can of a range, half by half where a row is refused; answers the records that are to blame. Each half has its own token, the same at every repeat. */
  async #insertOrHalve(range: LogBatch, body: TableBody, facts: PipelineFacts): Promise<readonly LogRecord[]> {
    try {
      await this.#insert(range, body);
      return [];
    } catch (error) {
      if (!isRowRefusal(error)) throw error;
    }
    const [only, more] = range.records;
    if (only === undefined) return [];
    if (more === undefined) return [toQuarantined(range, only, "refused")];
    const refused: LogRecord[] = [];
    for (const half of toHalves(range)) {
      const { bodies } = await prepareRange(half, facts);
      const part = bodies.find(({ table }) => table === body.table);
      if (part !== undefined) refused.push(...(await this.#insertOrHalve(half, part, facts)));
    }
    return refused;
  }

  #insert({ stream, partition, first, last }: LogBatch, { table, columns, body }: TableBody): Promise<void> {
    const token = `${this.#parts.storeEpoch ?? 1}:${stream}:${partition}:${first}-${last}:${table}`;
    return this.#parts.warehouse.insertArrow(table, columns, body, token);
  }

  async #pseudonyms(): Promise<PseudonymBook> {
    const keys = await this.#parts.keys();
    if (this.#book?.keys !== keys) this.#book = { keys, pseudonyms: new PseudonymBook(keys) };
    return this.#book.pseudonyms;
  }

  /** Finds out how far the group is; answers the records that wait for this member. */
  async #survey(): Promise<number> {
    const { log, clock } = this.#parts;
    return this.#insist("measure the backlog", async () => {
      const nowMs = clock.nowMs();
      const ends = await log.ends("events");
      const stored = await log.positions("events", TRANSFORM_GROUP);
      const lag = await this.#consumer.lag();
      const isAllStored = [...ends].every(([partition, end]) => end <= (stored.get(partition) ?? 0));
      const storedUntilMs = isAllStored ? nowMs : this.#metrics.storedUntilMs;
      this.#report({ ...this.#metrics, lag, stored: Object.fromEntries(stored), storedUntilMs });
      return lag;
    });
  }

  /** Tries a step until it succeeds. Throws `Stopped` if it fails and the signal has aborted; bugs go through. */
  async #insist<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { signal, logger } = this.#parts;
    for (let tries = 1; ; tries++) {
      try {
        const result = await work();
        if (tries > 1) {
          logger.info("the transform goes on", { step, tries });
          this.#report({ ...this.#metrics, failing: 0 });
        }
        return result;
      } catch (error) {
        if (!isOutage(error) || error instanceof RangeLost) throw error;
        this.#report({ ...this.#metrics, failing: tries, failures: this.#metrics.failures + 1 });
        if (signal.aborted) throw new Stopped();
        // These messages are ours, made of constant words.
        logger.warn("the transform waits", { step, tries, reason: error.message });
        await waitMs(toBackOffMs(tries, RETRY, this.#random()), signal);
      }
    }
  }

  #report(metrics: TransformMetrics): void {
    this.#metrics = metrics;
    this.#parts.onMetrics?.(metrics);
  }
}

const OUTAGES = [WarehouseUnavailable, WarehouseRefused, LogUnavailable, KeysUnavailable];

function isOutage(error: unknown): error is Error {
  return OUTAGES.some((kind) => error instanceof kind);
}
