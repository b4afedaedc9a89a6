import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LogRecord } from "../../schemas/ports.ts";
import { lockWaitMs, toNumber, toTableName } from "./stream-file.ts";
import type { StreamReader } from "./stream-reader.ts";

const hourMs = 3_600_000;

/** Rows of one INSERT: beyond this the statement grows and the time does not fall. */
const rowsPerInsert = 32;

/** Rows removed in one transaction: some 10 ms during which appends wait. */
const rowsPerDelete = 1_000;

/** Free pages kept in the file for the hours to come, and pages given back in one step. */
const freeBytesKept = 64 * 1024 * 1024;
const pagesPerShrink = 1_000;

/** How long emptying the write-ahead log waits for readers, each time, ms. */
const truncateWaitMs = 5;

interface Inserts {
  readonly first: number;
  readonly hour: number;
  readonly one: StatementSync;
  readonly many: StatementSync;
}

/** Writes a stream's file. One of these at a time, which the folder's lock sees to. */
export class StreamWriter {
  readonly #file: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #next: number;
  #inserts: Inserts | undefined;

  /** @param nextMin offsets below this were given out before, even if their records are not in the file */
  constructor(file: DatabaseSync, reader: StreamReader, nextMin: number) {
    this.#file = file;
    this.#begin = file.prepare("BEGIN IMMEDIATE");
    this.#commit = file.prepare("COMMIT");
    this.#next = reader.next();
    if (nextMin > this.#next) {
      this.#next = nextMin;
      file.prepare("UPDATE ends SET next = ?").run(nextMin);
    }
  }

  /** The offset that the next record gets. */
  get next(): number {
    return this.#next;
  }

  /** Appends all the records durably, or throws and keeps none. Blocks for one sync of the disk. */
  write(records: readonly LogRecord[], nowMs: number): void {
    const hour = Math.floor(nowMs / hourMs);
    const inserts = this.#transact(() => {
      const current = this.#inserts?.hour === hour ? this.#inserts : this.#openHour(hour);
      this.#insert(current, records);
      return current;
    });
    this.#inserts = inserts; // only now: a table that was rolled back is no place for the next records
    this.#next += records.length;
  }

  /** The hours that had ended at `beforeMs` (UTC), by the offset of their first record. Nothing is appended to them any more. */
  closeHours(beforeMs: number): readonly number[] {
    this.#inserts = undefined;
    const hours = this.#file
      .prepare("SELECT first FROM hours WHERE (hour + 1) * ? <= ? ORDER BY first")
      .all(hourMs, beforeMs);
    return hours.map((row) => toNumber(row, "first"));
  }

  /**
   * Removes some of the records of a closed hour, and the hour with its last ones.
   *
   * @returns how many went, and whether there are more
   */
  removeSome(first: number): { readonly removed: number; readonly more: boolean } {
    const table = toTableName(first);
    return this.#transact(() => {
      this.#file.prepare("UPDATE ends SET next = ?").run(this.#next);
      const sql = `DELETE FROM ${table} WHERE offset < (SELECT min(offset) FROM ${table}) + ?`;
      const removed = Number(this.#file.prepare(sql).run(rowsPerDelete).changes);
      if (this.#file.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined) return { removed, more: true };
      this.#file.exec(`DROP TABLE ${table}`);
      this.#file.prepare("DELETE FROM hours WHERE first = ?").run(first);
      return { removed, more: false };
    });
  }

  /** All hours, by the offset of their first record. */
  hours(): readonly number[] {
    const hours = this.#file.prepare("SELECT first FROM hours ORDER BY first").all();
    return hours.map((row) => toNumber(row, "first"));
  }

  /**
   * Removes an hour's records before an offset; the last of the hour and the hour go together. The rest is written
   * anew and the old table dropped, because rows that go one by one leave copies.
   *
   * @returns how many went
   */
  cutHour(first: number, before: number): number {
    this.#inserts = undefined;
    const table = toTableName(first);
    return this.#transact(() => {
      this.#file.prepare("UPDATE ends SET next = ?").run(this.#next);
      const count = this.#file.prepare(`SELECT count() AS records FROM ${table} WHERE offset < ?`).get(before);
      const removed = toNumber(count, "records");
      if (removed === 0) return 0;
      const { kept } =
        this.#file.prepare(`SELECT min(offset) AS kept FROM ${table} WHERE offset >= ?`).get(before) ?? {};
      if (typeof kept === "number") {
        this.#rewrite(table, toTableName(kept), "SELECT offset, key, value FROM old WHERE offset >= ?", before);
        this.#file.prepare("UPDATE hours SET first = ? WHERE first = ?").run(kept, first);
        return removed;
      }
      this.#file.exec(`DROP TABLE ${table}`);
      this.#file.prepare("DELETE FROM hours WHERE first = ?").run(first);
      return removed;
    });
  }

  /** Empties some of an hour's records: no key, no value, the same offsets. The table is written anew, as in a cut. */
  blankRecords(first: number, offsets: readonly number[]): void {
    this.#inserts = undefined;
    const chosen = "offset IN (SELECT value FROM json_each(?1))";
    const rows = `SELECT offset, iif(${chosen}, '', key), iif(${chosen}, x'', value) FROM old ORDER BY offset`;
    const table = toTableName(first);
    this.#transact(() => this.#rewrite(table, table, rows, JSON.stringify(offsets)));
  }

  /** Puts the rows of a query over `old` in the place of a table. */
  #rewrite(table: string, renamed: string, rows: string, parameter: string | number): void {
    this.#file.exec(`ALTER TABLE ${table} RENAME TO old; ${toCreateTable(renamed)}`);
    this.#file.prepare(`INSERT INTO ${renamed} ${rows}`).run(parameter);
    this.#file.exec("DROP TABLE old");
  }

  /** Gives some free pages back to the file system. Answers whether there are more to give. */
  shrinkSome(): boolean {
    const pageBytes = toNumber(this.#file.prepare("PRAGMA page_size").get(), "page_size");
    const free = toNumber(this.#file.prepare("PRAGMA freelist_count").get(), "freelist_count");
    const surplus = free - Math.ceil(freeBytesKept / pageBytes);
    if (surplus > 0) this.#file.exec(`PRAGMA incremental_vacuum(${Math.min(surplus, pagesPerShrink)})`);
    return surplus > pagesPerShrink;
  }

  /**
   * Moves the write-ahead log into the file and empties it, so that no expired byte stays in it.
   *
   * @returns `false` while someone reads; it hardly waits for that, because appends wait meanwhile
   */
  truncateWal(): boolean {
    this.#file.exec(`PRAGMA busy_timeout = ${truncateWaitMs}`);
    try {
      return this.#file.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
    } finally {
      this.#file.exec(`PRAGMA busy_timeout = ${lockWaitMs}`);
    }
  }

  #openHour(hour: number): Inserts {
    const last = this.#file.prepare("SELECT first, hour FROM hours ORDER BY first DESC LIMIT 1").get();
    if (last !== undefined && toNumber(last, "hour") === hour) return this.#toInserts(toNumber(last, "first"), hour);
    const table = toTableName(this.#next);
    this.#file.exec(toCreateTable(table));
    this.#file.prepare("INSERT INTO hours VALUES (?, ?)").run(this.#next, hour);
    return this.#toInserts(this.#next, hour);
  }

  #toInserts(first: number, hour: number): Inserts {
    const row = "(?, ?, ?)";
    const into = `INSERT INTO ${toTableName(first)} VALUES`;
    const many = this.#file.prepare(`${into} ${Array(rowsPerInsert).fill(row).join(", ")}`);
    return { first, hour, one: this.#file.prepare(`${into} ${row}`), many };
  }

  #insert({ one, many }: Inserts, records: readonly LogRecord[]): void {
    const whole = records.length - (records.length % rowsPerInsert);
    let values: (number | string | Uint8Array)[] = [];
    for (const [index, { key, value }] of records.entries()) {
      if (index >= whole) {
        one.run(this.#next + index, key, value);
        continue;
      }
      values.push(this.#next + index, key, value);
      if (values.length < rowsPerInsert * 3) continue;
      many.run(...values);
      values = [];
    }
  }

  #transact<T>(work: () => T): T {
    if (this.#file.isTransaction) this.#file.exec("ROLLBACK"); // one whose own rollback failed
    this.#begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#file.isTransaction) this.#file.exec("ROLLBACK"); // SQLite does it itself on some errors
      throw error;
    }
  }
}

function toCreateTable(table: string): string {
  return `CREATE TABLE ${table} (offset INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL)`;
}
