import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredRecord } from "../../schemas/ports.ts";
import { toNumber, toTableName } from "./stream-file.ts";

/** Rows fetched at a time: the first fetch is small, because the size of the records is not known yet. */
const firstRows = 64;
const rowsMax = 1_024;

interface Hour {
  readonly first: number;
  /** First offset of the hour after; infinite in the last. */
  readonly end: number;
}

/** Reads a stream's file, through a connection of its own or the writer's. Every method throws what SQLite throws. */
export class StreamReader {
  readonly #file: DatabaseSync;
  readonly #hourOf: StatementSync;
  readonly #hourAfter: StatementSync;
  readonly #lastHour: StatementSync;
  readonly #next: StatementSync;
  #rows: { readonly first: number; readonly statement: StatementSync } | undefined;

  constructor(file: DatabaseSync) {
    this.#file = file;
    this.#hourOf = file.prepare("SELECT first FROM hours WHERE first <= ? ORDER BY first DESC LIMIT 1");
    this.#hourAfter = file.prepare("SELECT first FROM hours WHERE first > ? ORDER BY first LIMIT 1");
    this.#lastHour = file.prepare("SELECT first FROM hours ORDER BY first DESC LIMIT 1");
    this.#next = file.prepare("SELECT next FROM ends");
  }

  /** Records without a gap, the first of them the first kept at or after `from`. At least one if there is any, whatever its size. */
  read(from: number, recordsMax: number, bytesMax: number): readonly StoredRecord[] {
    return this.#inSnapshot(() => {
      const found: StoredRecord[] = [];
      let bytes = 0;
      for (const record of this.#records(from, (rows) => toRowsWanted(rows, bytes, recordsMax, bytesMax))) {
        const previous = found.at(-1);
        if (previous !== undefined) {
          if (found.length >= recordsMax || record.offset !== previous.offset + 1) break;
          if (bytes + record.value.byteLength > bytesMax) break;
        }
        found.push(record);
        bytes += record.value.byteLength;
      }
      return found;
    });
  }

  /** Exactly the records `first`..`last`; `undefined` if one of them is not kept any more. */
  readRange(first: number, last: number): readonly StoredRecord[] | undefined {
    const records = this.read(first, last - first + 1, Number.POSITIVE_INFINITY);
    return records[0]?.offset === first && records.at(-1)?.offset === last ? records : undefined;
  }

  /** Offset of the first record kept; the next one's if there is none. */
  firstKept(): number {
    return this.#inSnapshot(() => {
      for (const record of this.#records(0, () => 1)) return record.offset;
      return this.#readNext();
    });
  }

  /** The offset that the next record gets. */
  next(): number {
    return this.#inSnapshot(() => this.#readNext());
  }

  #readNext(): number {
    const stored = toNumber(this.#next.get(), "next");
    const last = this.#lastHour.get();
    if (last === undefined) return stored;
    const { latest } =
      this.#file.prepare(`SELECT max(offset) AS latest FROM ${toTableName(toNumber(last, "first"))}`).get() ?? {};
    return typeof latest === "number" ? Math.max(stored, latest + 1) : stored;
  }

  /** Every record from `from` on, in order, over all hours; `rowsWanted(taken)` says how many to fetch next. */
  *#records(from: number, rowsWanted: (taken: number) => number): Generator<StoredRecord> {
    let position = from;
    let taken = 0;
    for (let hour = this.#findHour(from); hour !== undefined; hour = this.#findHour(hour.end)) {
      for (;;) {
        const rowsMaxNow = rowsWanted(taken);
        const rows = this.#fetch(hour.first, position, rowsMaxNow);
        for (const [offset, key, value] of rows) yield { offset, key, value };
        taken += rows.length;
        position = (rows.at(-1)?.[0] ?? position - 1) + 1;
        if (rows.length < rowsMaxNow) break;
      }
      if (hour.end === Number.POSITIVE_INFINITY) return;
    }
  }

  #findHour(offset: number): Hour | undefined {
    const row = this.#hourOf.get(offset) ?? this.#hourAfter.get(offset);
    if (row === undefined) return undefined;
    const first = toNumber(row, "first");
    const after = this.#hourAfter.get(first);
    return { first, end: after === undefined ? Number.POSITIVE_INFINITY : toNumber(after, "first") };
  }

  #fetch(table: number, from: number, rowsMax: number): readonly [number, string, Uint8Array][] {
    if (this.#rows?.first !== table) {
      const sql = `SELECT offset, key, value FROM ${toTableName(table)} WHERE offset >= ? ORDER BY offset LIMIT ?`;
      const statement = this.#file.prepare(sql);
      statement.setReturnArrays(true);
      this.#rows = { first: table, statement };
    }
    // setReturnArrays(true) makes rows arrays, which the types of node:sqlite do not tell; the columns are declared so
    return this.#rows.statement.all(from, rowsMax) as unknown as [number, string, Uint8Array][];
  }

  /** One view of the file over several statements: an hour cannot be dropped between looking it up and reading it. */
  #inSnapshot<T>(read: () => T): T {
    this.#file.exec("BEGIN");
    try {
      return read();
    } finally {
      if (this.#file.isTransaction) this.#file.exec("COMMIT");
    }
  }
}

/** How many rows to fetch so that little is read beyond the limits, judged by the size of those read so far. */
function toRowsWanted(taken: number, bytes: number, recordsMax: number, bytesMax: number): number {
  const left = Math.max(1, recordsMax - taken);
  if (taken === 0) return Math.min(left, firstRows);
  const fitting = Math.ceil((bytesMax - bytes) / Math.max(1, bytes / taken)) + 1;
  return Math.max(1, Math.min(left, fitting, rowsMax));
}
