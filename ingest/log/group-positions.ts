import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { StreamName } from "../../schemas/ports.ts";
import { createPrivateFile } from "./private-file.ts";
import { toNumber } from "./stream-file.ts";

/** A range of offsets, both ends included. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** How far a group is: everything before `offset` is done; `noted` was begun and may or may not be done. */
export interface GroupPosition {
  readonly offset: number;
  readonly noted?: OffsetRange;
}

const table = `
  CREATE TABLE IF NOT EXISTS positions (
    stream TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, note TEXT, PRIMARY KEY (stream, name)
  ) WITHOUT ROWID
`;

/**
 * The positions of all groups, in `groups.db`: a file of its own, so that a consumer's commits do not wait for
 * appends. Whoever consumes writes it, so several threads and processes may. Methods throw what SQLite throws.
 */
export class GroupPositions implements Disposable {
  readonly #file: DatabaseSync;
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #all: StatementSync;

  private constructor(file: DatabaseSync) {
    this.#file = file;
    this.#read = file.prepare("SELECT position, note FROM positions WHERE stream = ? AND name = ?");
    this.#write = file.prepare("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)");
    this.#all = file.prepare("SELECT position, note FROM positions WHERE stream = ?");
  }

  /** @param create whether to make the file if there is none; only the folder's writer may */
  static open(folder: string, create: boolean, syncToDisk: boolean): GroupPositions {
    const path = join(folder, "groups.db");
    if (create) createPrivateFile(path);
    else if (!existsSync(path)) {
      throw new Error(
        `Cannot read the log in "${folder}": it has no groups.db. Start the process that writes it first.`,
      );
    }
    const file = new DatabaseSync(path, { timeout: 5_000 });
    try {
      file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${syncToDisk ? "FULL" : "OFF"}`);
      if (create) file.exec(table);
      return new GroupPositions(file);
    } catch (error) {
      file.close();
      throw new Error(
        `Cannot open the log file "${path}": ${error instanceof Error ? error.message : String(error)}. It was left as it is. Restore it from a backup.`,
        { cause: error },
      );
    }
  }

  /** Where a group is; `undefined` if it has never begun or done anything. */
  read(stream: StreamName, group: string): GroupPosition | undefined {
    const row = this.#read.get(stream, group);
    return row && toPosition(row);
  }

  /** Stores where a group is, durably. */
  write(stream: StreamName, group: string, { offset, noted }: GroupPosition): void {
    this.#write.run(stream, group, offset, noted === undefined ? null : `${noted.first}-${noted.last}`);
  }

  /** The first offset that no group of the stream has seen; 0 without groups. */
  unseen(stream: StreamName): number {
    const ends = this.#all.all(stream).map((row) => {
      const { offset, noted } = toPosition(row);
      return Math.max(offset, noted === undefined ? 0 : noted.last + 1);
    });
    return Math.max(0, ...ends);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function toPosition(row: Record<string, unknown>): GroupPosition {
  const offset = toNumber(row, "position");
  const [first, last] = typeof row.note === "string" ? row.note.split("-").map(Number) : [];
  return first === undefined || last === undefined ? { offset } : { offset, noted: { first, last } };
}
