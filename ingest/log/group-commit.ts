import { type LogRecord, LogUnavailable } from "../../schemas/ports.ts";

interface WaitingAppend {
  readonly records: readonly LogRecord[];
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** How a stream's appends are put together. */
export interface GroupCommitOptions {
  /** Writes all the records durably or none, synchronously; throws if it could not. */
  readonly commit: (records: readonly LogRecord[]) => void;
  /** A commit takes whole appends up to this many records; a longer append goes alone. */
  readonly recordsPerCommitMax: number;
  /** Appends beyond this many waiting records are refused, so that memory stays bounded when the disk is slow. */
  readonly waitingRecordsMax: number;
}

/**
 * Lets appends that wait at the same time share one transaction and one `fsync`.
 *
 * A sync costs 0.2-10 ms whatever it carries, so it is shared; commits are started by `setImmediate`, after the
 * events of this turn of the loop, rather than by a timer that would make a lone append wait.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: WaitingAppend[] = [];
  #waitingRecords = 0;
  #scheduled = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Resolves after the commit that holds all of `records`; rejects if that commit kept none of them. */
  append(records: readonly LogRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    const { waitingRecordsMax } = this.#options;
    if (this.#waitingRecords + records.length > waitingRecordsMax && this.#waitingRecords > 0) {
      return Promise.reject(
        new LogUnavailable(
          `Cannot append to the log: ${this.#waitingRecords} records wait for the disk already (at most ${waitingRecordsMax}). Try again later.`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#waitingRecords += records.length;
      this.#schedule();
    });
  }

  /** Commits all that waits, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commitNext();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commitNext();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #commitNext(): void {
    const group = this.#takeGroup();
    const [only] = group;
    if (only === undefined) return;
    try {
      this.#options.commit(group.length === 1 ? only.records : group.flatMap((append) => append.records));
    } catch (error) {
      for (const append of group) append.reject(error);
      return;
    }
    for (const append of group) append.resolve();
  }

  #takeGroup(): readonly WaitingAppend[] {
    let appends = 0;
    let records = 0;
    for (const append of this.#waiting) {
      if (appends > 0 && records + append.records.length > this.#options.recordsPerCommitMax) break;
      appends += 1;
      records += append.records.length;
    }
    this.#waitingRecords -= records;
    if (appends === this.#waiting.length) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    return this.#waiting.splice(0, appends);
  }
}
