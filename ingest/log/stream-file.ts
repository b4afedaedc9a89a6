import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StreamName } from "../../schemas/ports.ts";
import { createPrivateFile } from "./private-file.ts";
import { sqliteCodes, toLogUnavailable, toSqliteCode } from "./sqlite-fault.ts";

/**
 * The file of one stream.
 *
 * Records lie in one table an hour of append, `records_<first offset>`, and `hours` lists them. Two reasons:
 * the hour is the only time kept, and once for a table instead of in every record; and a whole table can be
 * dropped. That matters for erasure: `secure_delete` zeroes the cells and pages that it frees, but when rows go
 * one by one SQLite moves their neighbours between pages and leaves copies of them in unused parts of pages that
 * stay (measured: about 1 record in 5,000). Such copies stay within the pages of their table, and dropping the
 * table zeroes all of those.
 *
 * `ends.next` keeps offsets from being used again when the last records have expired.
 */
const tables = `
  CREATE TABLE hours (first INTEGER PRIMARY KEY, hour INTEGER NOT NULL);
  CREATE TABLE ends (id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL);
  INSERT INTO ends VALUES (1, 0);
`;

const layoutVersion = 1;

/** How long a statement waits for a lock that another program holds before it fails, ms. Our own hold none that long. */
export const lockWaitMs = 2_000;

/**
 * `auto_vacuum` has effect only in a file that is still empty, and is set only there because setting it writes.
 * Free pages are given back to the file system when the writer asks for it, never at a commit.
 */
const emptyFilePragmas = "PRAGMA auto_vacuum = INCREMENTAL";

/**
 * Pages (4 KiB) that the write-ahead log holds before they are moved into the file. Appends wait while they are: at
 * SQLite's own 1,000 that is twice a second under load, and the p99 of a beacon is twice what it is at 4,000.
 */
const walPagesMax = 4_000;

const writerPragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA secure_delete = ON;
  PRAGMA wal_autocheckpoint = ${walPagesMax};
  PRAGMA journal_size_limit = 67108864;
`;

/** How the writer opens a stream's file. */
export interface StreamFileOptions {
  /** `false` only where a power cut does not matter (tests): commits then do not wait for the disk. */
  readonly syncToDisk: boolean;
  /** The file is not let grow beyond this; appends then fail as on a full disk. */
  readonly fileBytesMax: number | undefined;
  /** Files up to this size are checked page by page at opening. */
  readonly checkBytesMax: number;
  /** Told of a file that was too large to be checked. */
  readonly onUnchecked: (bytes: number) => void;
}

/** Where a stream's records are. */
export function toStreamPath(folder: string, stream: StreamName): string {
  return join(folder, `${stream}.db`);
}

/** The table of the records whose first has this offset. The number is ours: never text from outside. */
export function toTableName(first: number): string {
  return `records_${Math.trunc(first)}`;
}

/**
 * Opens a stream's file for writing; creates it if there is none.
 *
 * @throws Error that names the file if it is damaged or of another version. It is left as it is: a log that is
 * started afresh unasked would lose what was acknowledged.
 * @throws LogUnavailable if the disk refuses
 */
export function openStreamFile(path: string, options: StreamFileOptions): DatabaseSync {
  try {
    createPrivateFile(path);
    checkPages(path, options);
    return openCheckedFile(path, options);
  } catch (error) {
    throw toSqliteCode(error) === undefined ? error : toLogUnavailable(`open the log file "${path}"`, error);
  }
}

function openCheckedFile(path: string, options: StreamFileOptions): DatabaseSync {
  const file = new DatabaseSync(path, { timeout: lockWaitMs });
  try {
    createTables(file, path);
    file.exec(`${writerPragmas} PRAGMA synchronous = ${options.syncToDisk ? "FULL" : "OFF"};`);
    if (options.fileBytesMax !== undefined) {
      const pageBytes = toNumber(file.prepare("PRAGMA page_size").get(), "page_size");
      file.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(options.fileBytesMax / pageBytes))}`);
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Opens a stream's file for reading beside its writer.
 *
 * @throws Error if no writer has created it yet
 */
export function openStreamFileToRead(path: string): DatabaseSync {
  if (!existsSync(path)) {
    throw new Error(`Cannot read the log file "${path}": it does not exist. Start the process that writes it first.`);
  }
  return new DatabaseSync(path, { readOnly: true, timeout: lockWaitMs });
}

/** Reads a whole number out of a row. Throws Error if the row has none of that name: a bug. */
export function toNumber(row: Record<string, unknown> | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new Error(`Cannot read "${column}" of a log file: it must be a number`);
  return value;
}

/** Reads only, through a connection that could not write: not even what SQLite does when it closes a file. */
function checkPages(path: string, options: StreamFileOptions): void {
  const bytes = statSync(path).size;
  if (bytes > options.checkBytesMax) {
    options.onUnchecked(bytes);
    return;
  }
  using file = openStreamFileToRead(path);
  let finding: unknown;
  try {
    finding = file.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  } catch (error) {
    const code = toSqliteCode(error);
    if (code !== sqliteCodes.corrupt && code !== sqliteCodes.notADatabase) throw error;
    finding = error instanceof Error ? error.message : error;
  }
  if (finding !== "ok") throw toDamage(path, String(finding));
}

function createTables(file: DatabaseSync, path: string): void {
  const version = toNumber(file.prepare("PRAGMA user_version").get(), "user_version");
  if (version === layoutVersion) return;
  if (version !== 0) {
    throw new Error(
      `Cannot open the log file "${path}": its layout is version ${version}, this release knows ${layoutVersion}. Start the release that wrote it.`,
    );
  }
  file.exec(`${emptyFilePragmas}; BEGIN IMMEDIATE; ${tables} PRAGMA user_version = ${layoutVersion}; COMMIT`);
}

function toDamage(path: string, finding: string): Error {
  return new Error(
    `Cannot open the log file "${path}": it is damaged (${finding.replaceAll("\n", " ")}). It was left as it is. ` +
      "Restore it from a backup with its -wal file, or move both away to begin an empty one: what they held is then lost.",
  );
}
