import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createPrivateFile } from "./private-file.ts";
import { sqliteCodes, toSqliteCode } from "./sqlite-fault.ts";

/**
 * Holds a lock file until disposed; `undefined` if another process or thread holds it.
 *
 * An empty SQLite file under `BEGIN EXCLUSIVE`: Node has no file locks of its own, and this one is given back
 * by the kernel however the process ends, `kill -9` included, so a lock is never stale.
 */
export function openLock(path: string): Disposable | undefined {
  createPrivateFile(path);
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (toSqliteCode(error) === sqliteCodes.busy) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}

/**
 * Makes this process the only writer of a log folder until disposed.
 *
 * @throws Error that names the folder and, where it is known, the process that writes there
 */
export function openFolderLock(folder: string): Disposable {
  const lock = openLock(join(folder, "lock.db"));
  const pidPath = join(folder, "writer.pid");
  if (lock === undefined) {
    throw new Error(
      `Cannot open the log in "${folder}": another process${toPidNote(pidPath)} is writing it. ` +
        "Stop that one first, or choose another ROEBUCK_DATA_DIR.",
    );
  }
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return {
    [Symbol.dispose]: () => {
      rmSync(pidPath, { force: true }); // before the lock goes: the next writer's note must stay
      lock[Symbol.dispose]();
    },
  };
}

function toPidNote(pidPath: string): string {
  try {
    const pid = readFileSync(pidPath, "utf8").trim();
    return /^\d+$/.test(pid) ? ` (pid ${pid})` : "";
  } catch {
    return ""; // the note only helps to find the process; the lock is what counts
  }
}
