import type { DatabaseSync } from "node:sqlite";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";
import { type Clock, type LogRecord, LogUnavailable, type StoredRecord, type StreamName } from "../../schemas/ports.ts";
import { Arrivals } from "./arrivals.ts";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import { toLogUnavailable } from "./sqlite-fault.ts";
import { openStreamFile, openStreamFileToRead, type StreamFileOptions, toStreamPath } from "./stream-file.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";

/** How often and how long the writer tries to empty the write-ahead log while others read, 5 s in all. */
const truncateTries = 100;
const truncatePauseMs = 50;

/** What is looked at at a time when records are emptied. */
const blankRecordsMax = 2_000;
const blankBytesMax = 4 * 1024 * 1024;

/** A writer's consumers are woken by its appends; this is how often they look all the same, ms. */
const lookAgainMs = 60_000;

/** What the writing side of a stream takes. */
export interface WrittenStreamOptions extends StreamFileOptions, Omit<GroupCommitOptions, "commit"> {
  readonly clock: Clock;
  /** Offsets below this were given out before, even if their records are not in the file. */
  readonly nextMin: number;
  /** Told when they are not. */
  readonly onTailLost: (first: number, last: number) => void;
}

interface WritingSide {
  readonly writer: StreamWriter;
  readonly commits: GroupCommit;
}

/** Opens a stream for the one process that writes it. Throws Error if its file is damaged. */
export function openStream(folder: string, name: StreamName, options: WrittenStreamOptions): SqliteStream {
  const file = openStreamFile(toStreamPath(folder, name), options);
  try {
    const reader = new StreamReader(file);
    const stored = reader.next();
    const writer = new StreamWriter(file, reader, options.nextMin);
    if (stored < options.nextMin) options.onTailLost(stored, options.nextMin - 1);
    return new SqliteStream({ name, folder, file, reader, pollMs: lookAgainMs }, (stream) => ({
      writer,
      commits: new GroupCommit({
        ...options,
        commit: (records) => stream.commit(writer, records, options.clock.nowMs()),
      }),
    }));
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Opens a stream that another thread or process writes. Throws Error if none has yet. */
export function openStreamToRead(folder: string, name: StreamName, pollMs: number): SqliteStream {
  const file = openStreamFileToRead(toStreamPath(folder, name));
  return new SqliteStream({ name, folder, file, reader: new StreamReader(file), pollMs }, () => undefined);
}

interface StreamParts {
  readonly name: StreamName;
  readonly folder: string;
  readonly file: DatabaseSync;
  readonly reader: StreamReader;
  readonly pollMs: number;
}

/** One stream of the log. Methods throw `LogUnavailable` if the disk refuses or the log is closed. */
export class SqliteStream implements AsyncDisposable {
  readonly #parts: StreamParts;
  readonly #writing: WritingSide | undefined;
  readonly #arrivals = new Arrivals();
  #removal: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(parts: StreamParts, openWriting: (stream: SqliteStream) => WritingSide | undefined) {
    this.#parts = parts;
    this.#writing = openWriting(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws LogUnavailable once the log is closed */
  checkOpen(action: string): void {
    if (!this.#closed) return;
    const where = `stream "${this.#parts.name}" in "${this.#parts.folder}"`;
    throw new LogUnavailable(`Cannot ${action} ${where}: the log is closed. Open it again.`);
  }

  /** Resolves once all the records are durable. */
  append(records: readonly LogRecord[]): Promise<void> {
    return this.#writingSide("append to").commits.append(records);
  }

  /** Writes all or nothing, synchronously; for the group commit. */
  commit(writer: StreamWriter, records: readonly LogRecord[], nowMs: number): void {
    this.#try("append to", () => writer.write(records, nowMs));
    this.#arrivals.announce();
  }

  /** @see StreamReader.read */
  read(from: number, recordsMax: number, bytesMax: number): readonly StoredRecord[] {
    return this.#try("read", () => this.#parts.reader.read(from, recordsMax, bytesMax));
  }

  /** @see StreamReader.readRange */
  readRange(first: number, last: number): readonly StoredRecord[] | undefined {
    return this.#try("read", () => this.#parts.reader.readRange(first, last));
  }

  /** @see StreamReader.firstKept */
  firstKept(): number {
    return this.#try("read", () => this.#parts.reader.firstKept());
  }

  /** The offset that the next record gets. */
  next(): number {
    return this.#try("read", () => this.#writing?.writer.next ?? this.#parts.reader.next());
  }

  /** Waits for a record, a close, an abort or `waitMs`; answers how many ms of these are left at least to wait. */
  async wait(waitMs: number, signal?: AbortSignal): Promise<number> {
    const stepMs = Math.min(waitMs, this.#parts.pollMs);
    await this.#arrivals.wait(stepMs, signal);
    return waitMs - stepMs;
  }

  /** Wakes everyone who waits, so that they look whether they are still wanted. */
  wake(): void {
    this.#arrivals.announce();
  }

  /** Removes the hours that had ended at `beforeMs`, in steps between which appends go on. Answers how many records went. */
  expire(beforeMs: number): Promise<number> {
    return this.#inTurn(() => this.#expire(beforeMs));
  }

  /** Removes the records before an offset, an hour a step. Answers how many went. */
  truncate(before: number): Promise<number> {
    return this.#inTurn(() => this.#truncate(before));
  }

  /** Empties the chosen records, an hour a step. Answers how many. */
  blank(isChosen: (record: StoredRecord) => boolean): Promise<number> {
    return this.#inTurn(() => this.#blank(isChosen));
  }

  /** Commits what waits, lets an expiry finish its step, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#writing?.commits.flush();
    this.#closed = true;
    this.#arrivals.announce();
    await this.#removal;
    this.#parts.file.close();
  }

  /** One removal at a time. */
  #inTurn<T>(remove: () => Promise<T>): Promise<T> {
    const removal = this.#removal.then(remove);
    this.#removal = removal.catch(() => undefined); // its caller hears of it; the next one begins afresh
    return removal;
  }

  async #truncate(before: number): Promise<number> {
    const { writer } = this.#writingSide("remove records of");
    let count = 0;
    for (const hour of this.#try("remove records of", () => writer.hours())) {
      if (hour >= before) break;
      count += this.#try("remove records of", () => writer.cutHour(hour, before));
      await turn();
    }
    while (this.#try("shrink", () => writer.shrinkSome())) await turn();
    await this.#truncateWal(writer);
    return count;
  }

  async #blank(isChosen: (record: StoredRecord) => boolean): Promise<number> {
    const { writer } = this.#writingSide("empty records of");
    const hours = this.#try("read", () => writer.hours());
    const end = this.next(); // what comes meanwhile is not looked at
    let count = 0;
    for (const [index, hour] of hours.entries()) {
      const chosen: number[] = [];
      const last = (hours[index + 1] ?? end) - 1;
      for (let from = hour; from <= last; ) {
        const records = this.read(from, blankRecordsMax, blankBytesMax).filter(({ offset }) => offset <= last);
        chosen.push(...records.filter((record) => !isEmpty(record) && isChosen(record)).map(({ offset }) => offset));
        from = (records.at(-1)?.offset ?? last) + 1;
        await turn();
      }
      if (chosen.length > 0) this.#try("empty records of", () => writer.blankRecords(hour, chosen));
      count += chosen.length;
    }
    while (this.#try("shrink", () => writer.shrinkSome())) await turn();
    await this.#truncateWal(writer);
    return count;
  }

  async #expire(beforeMs: number): Promise<number> {
    const { writer } = this.#writingSide("expire records of");
    let count = 0;
    for (const hour of this.#try("expire records of", () => writer.closeHours(beforeMs))) {
      for (let more = true; more; ) {
        const step = this.#try("expire records of", () => writer.removeSome(hour));
        count += step.removed;
        more = step.more;
        await turn();
      }
    }
    while (this.#try("shrink", () => writer.shrinkSome())) await turn();
    await this.#truncateWal(writer);
    return count;
  }

  /** Only after this the bytes are gone from the disk's files, so an expiry that cannot do it has failed. */
  async #truncateWal(writer: StreamWriter): Promise<void> {
    for (let tries = 0; tries < truncateTries; tries += 1) {
      if (this.#try("remove records of", () => writer.truncateWal())) return;
      await pause(truncatePauseMs);
    }
    throw new LogUnavailable(
      `Cannot remove records of stream "${this.#parts.name}" in "${this.#parts.folder}" for good: another program reads the file all the time. ` +
        "Close it, then try again.",
    );
  }

  #writingSide(action: string): WritingSide {
    this.checkOpen(action);
    if (this.#writing !== undefined) return this.#writing;
    throw new Error(
      `Cannot ${action} stream "${this.#parts.name}": this log was opened as a reader. Open it as the writer.`,
    );
  }

  #try<T>(action: string, work: () => T): T {
    this.checkOpen(action);
    try {
      return work();
    } catch (error) {
      throw toLogUnavailable(`${action} stream "${this.#parts.name}" in "${this.#parts.folder}"`, error);
    }
  }
}

/** True for a record that has nothing left to empty. */
function isEmpty({ key, value }: StoredRecord): boolean {
  return key === "" && value.byteLength === 0;
}
