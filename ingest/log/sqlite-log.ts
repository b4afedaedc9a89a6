import { join } from "node:path";
import type { EpochMs } from "../../schemas/ids.ts";
import {
  type Clock,
  type Log,
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  LogUnavailable,
  type StoredRecord,
  type StreamName,
} from "../../schemas/ports.ts";
import { openFolderLock, openLock } from "./folder-lock.ts";
import { GroupPositions } from "./group-positions.ts";
import { createPrivateFolder } from "./private-file.ts";
import { type ConsumedStream, SqliteConsumer, toBatch } from "./sqlite-consumer.ts";
import { toLogUnavailable } from "./sqlite-fault.ts";
import { openStream, openStreamToRead, type SqliteStream } from "./sqlite-stream.ts";

/** What the operator should hear of; none of these stops the log. Ranges include both ends. */
export type LogNotice =
  | {
      /** Records expired before the group read them. With `noted`, the group had begun that very range. */
      readonly what: "expired-unread";
      readonly stream: StreamName;
      readonly group: string;
      readonly first: number;
      readonly last: number;
      readonly noted: boolean;
    }
  | {
      /** A group has read further than the file reaches: its tail was lost (a torn write). The offsets are not used again. */
      readonly what: "tail-lost";
      readonly stream: StreamName;
      readonly first: number;
      readonly last: number;
    }
  /** The file is too large to check each of its pages at opening. */
  | { readonly what: "unchecked"; readonly stream: StreamName; readonly bytes: number }
  /** Another user owns the folder, so it may be open to others; the files in it are not. */
  | { readonly what: "folder-not-private"; readonly folder: string };

/** How to open a log that lies in a folder of this machine. */
export interface SqliteLogOptions {
  /** Created with mode 0700 if it is not there; its files have mode 0600. */
  readonly folder: string;
  readonly clock: Clock;
  /** `writer`: everything; one a folder. `reader`: in another thread or process, everything but `append` and `expire`. */
  readonly role: "writer" | "reader";
  /** Records that share one transaction at most (default 2,048). */
  readonly recordsPerCommitMax?: number;
  /** Records that may wait for the disk before appends are refused (default 100,000). */
  readonly waitingRecordsMax?: number;
  /** A record may have this many bytes at most (default 1 MiB, as Kafka). */
  readonly recordBytesMax?: number;
  /** How often a reader looks for new records, ms (default 50). A writer's own consumers are woken at once. */
  readonly pollIntervalMs?: number;
  /** A stream's file is not let grow beyond this; appends then fail as on a full disk (default: none). */
  readonly fileBytesMax?: number;
  /** Files up to this size are checked page by page when a writer opens them (default 1 GiB). */
  readonly checkBytesMax?: number;
  /** `false` only where a power cut does not matter, as in tests: commits then do not wait for the disk (default `true`). */
  readonly syncToDisk?: boolean;
  readonly onEvent?: (notice: LogNotice) => void;
}

const streamNames: readonly StreamName[] = ["events", "journal", "quarantine"];

const defaults = {
  recordsPerCommitMax: 2_048,
  waitingRecordsMax: 100_000,
  recordBytesMax: 1024 * 1024,
  pollIntervalMs: 50,
  checkBytesMax: 1024 * 1024 * 1024,
  syncToDisk: true,
};

type LogSettings = SqliteLogOptions & typeof defaults;

/** Part of a lock's file name, so nothing that a file system would understand. */
const groupName = /^[a-z0-9-]{1,64}$/;

/** What a follower takes at a time. */
const followRecordsMax = 2_000;
const followBytesMax = 4 * 1024 * 1024;

/**
 * Opens a log that lies in a folder of this machine: one SQLite file a stream, each one partition.
 *
 * Closing it commits what waits; a `next` that waits then answers `undefined`.
 *
 * @throws Error if another process writes the folder, or a file in it is damaged
 */
export async function openSqliteLog(options: SqliteLogOptions): Promise<Log> {
  const settings: LogSettings = { ...defaults, ...options };
  const { folder, role } = settings;
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  if (role === "writer") {
    if (!createPrivateFolder(folder)) settings.onEvent?.({ what: "folder-not-private", folder });
    opened.use(openFolderLock(folder));
  }
  const groups = opened.use(GroupPositions.open(folder, role === "writer", settings.syncToDisk));
  const streams = new Map<StreamName, SqliteStream>();
  for (const name of streamNames) {
    streams.set(name, opened.use(role === "writer" ? openWritten(name, settings, groups) : openRead(name, settings)));
  }
  return new SqliteLog(settings, streams, groups, opened.move());
}

function openRead(name: StreamName, { folder, pollIntervalMs }: LogSettings): SqliteStream {
  return openStreamToRead(folder, name, pollIntervalMs);
}

function openWritten(name: StreamName, settings: LogSettings, groups: GroupPositions): SqliteStream {
  return openStream(settings.folder, name, {
    ...settings,
    fileBytesMax: settings.fileBytesMax,
    nextMin: groups.unseen(name),
    onTailLost: (first, last) => settings.onEvent?.({ what: "tail-lost", stream: name, first, last }),
    onUnchecked: (bytes) => settings.onEvent?.({ what: "unchecked", stream: name, bytes }),
  });
}

class SqliteLog implements Log {
  readonly #settings: LogSettings;
  readonly #streams: ReadonlyMap<StreamName, SqliteStream>;
  readonly #groups: GroupPositions;
  readonly #opened: AsyncDisposableStack;

  constructor(
    settings: LogSettings,
    streams: ReadonlyMap<StreamName, SqliteStream>,
    groups: GroupPositions,
    opened: AsyncDisposableStack,
  ) {
    this.#settings = settings;
    this.#streams = streams;
    this.#groups = groups;
    this.#opened = opened;
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
    await this.#stream(stream).append(records);
  }

  async consume(stream: StreamName, group: string): Promise<LogConsumer> {
    const { folder } = this.#settings;
    if (!groupName.test(group)) {
      throw new Error(`Cannot consume "${stream}" for group "${group}": a name has 1-64 of a-z, 0-9 and "-"`);
    }
    this.#stream(stream).checkOpen("read");
    const lock = openLock(join(folder, `lock.${stream}.${group}.db`));
    if (lock === undefined) {
      throw new Error(
        `Cannot consume "${stream}" for group "${group}" in "${folder}": another consumer of this group is open. Close that one first.`,
      );
    }
    using held = new DisposableStack();
    held.use(lock);
    const consumer = new SqliteConsumer(this.#toConsumed(stream, group, lock));
    held.move();
    return consumer;
  }

  async *follow(stream: StreamName, signal: AbortSignal): AsyncGenerator<LogBatch> {
    const source = this.#stream(stream);
    for (let position = 0; !signal.aborted && !source.closed; ) {
      const records = source.read(position, followRecordsMax, followBytesMax);
      const batch = toBatch(stream, records);
      if (batch === undefined) {
        await source.wait(Number.POSITIVE_INFINITY, signal);
        continue;
      }
      position = batch.last + 1;
      yield batch;
    }
  }

  async ends(stream: StreamName): Promise<ReadonlyMap<number, number>> {
    return new Map([[0, this.#stream(stream).next()]]);
  }

  async positions(stream: StreamName, group: string): Promise<ReadonlyMap<number, number>> {
    const position = this.#groups.read(stream, group);
    return new Map(position === undefined ? [] : [[0, position.offset]]);
  }

  async expire(stream: StreamName, beforeMs: EpochMs): Promise<number> {
    if (stream === "journal") {
      throw new Error(
        'Cannot expire records of stream "journal": it is permanent, people\'s choices and contracts rest on it',
      );
    }
    return this.#stream(stream).expire(beforeMs);
  }

  truncate(stream: StreamName, _partition: number, before: number): Promise<number> {
    return this.#stream(stream).truncate(before);
  }

  blank(stream: StreamName, isChosen: (record: StoredRecord) => boolean): Promise<number> {
    if (stream === "journal") throw new Error('Cannot empty records of stream "journal": its entries are a chain');
    return this.#stream(stream).blank(isChosen);
  }

  async rewind(stream: StreamName, group: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const offset = positions.get(0);
    if (offset === undefined) return;
    const { folder } = this.#settings;
    const lock = openLock(join(folder, `lock.${stream}.${group}.db`));
    if (lock === undefined) {
      throw new Error(
        `Cannot set group "${group}" of "${stream}" to ${offset}: its consumer is open. Close that first.`,
      );
    }
    try {
      this.#groups.write(stream, group, { offset: Math.max(offset, this.#stream(stream).firstKept()) });
    } catch (error) {
      throw toLogUnavailable(`store the position in "${stream}" for group "${group}" in "${folder}"`, error);
    } finally {
      lock[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  #stream(name: StreamName): SqliteStream {
    const stream = this.#streams.get(name);
    if (stream === undefined)
      throw new Error(`Cannot find stream "${name}": it must be one of ${streamNames.join(", ")}`);
    return stream;
  }

  #toConsumed(stream: StreamName, group: string, lock: Disposable): ConsumedStream {
    const source = this.#stream(stream);
    const { folder, onEvent } = this.#settings;
    let open = true;
    const close = () => {
      if (open) lock[Symbol.dispose]();
      open = false;
      source.wake();
    };
    this.#opened.defer(close);
    const use = <T>(action: string, work: () => T): T => {
      const what = `${action} "${stream}" for group "${group}" in "${folder}"`;
      if (!open) throw new LogUnavailable(`Cannot ${what}: this consumer is closed. Open another.`);
      try {
        return work();
      } catch (error) {
        throw toLogUnavailable(what, error);
      }
    };
    return {
      stream,
      group,
      isOpen: () => open,
      read: (from, recordsMax, bytesMax) => use("read", () => source.read(from, recordsMax, bytesMax)),
      readRange: ({ first, last }) => use("read", () => source.readRange(first, last)),
      firstKept: () => source.firstKept(),
      end: () => source.next(),
      readPosition: () => use("find the position in", () => this.#groups.read(stream, group)),
      writePosition: (position) => use("store the position in", () => this.#groups.write(stream, group, position)),
      waitForMore: (waitMs) => source.wait(waitMs),
      onUnread: (range, noted) => onEvent?.({ what: "expired-unread", stream, group, ...range, noted }),
      close,
    };
  }
}
