import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openLock } from "../../ingest/log/folder-lock.ts";
import { CommandError } from "../command-io.ts";

/**
 * Takes the folder of the backups, making it at its first use. One backup at a time goes into a folder, whichever process makes it.
 *
 * @throws CommandError if one is being made there, or the folder cannot be written
 */
export function lockBackupFolder(folder: string): Disposable {
  let lock: Disposable | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = openLock(join(folder, "lock.db"));
  } catch (error) {
    throw toFolderError(folder, error) ?? error;
  }
  if (lock !== undefined) return lock;
  throw new CommandError(`Cannot make a backup in "${folder}": one is being made. Wait until it is done.`);
}

/** What a folder that cannot be written means, and what to do; `undefined` if it is something else. Pure. */
export function toFolderError(folder: string, error: unknown): CommandError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new CommandError(
        `Cannot make a backup in "${folder}": the disk is full. Make room, then run it again; nothing half is left.`,
      );
    case "EACCES":
    case "EROFS":
    case "EPERM":
    case "ENOTDIR":
    case "EEXIST":
    case "ENOENT":
      return new CommandError(
        `Cannot make a backup in "${folder}": it must be a folder that this process may write (${code}). Name another in ROEBUCK_BACKUP_DIR, or let it.`,
      );
    default:
      return undefined;
  }
}
