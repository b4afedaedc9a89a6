import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";

/** Creates the folder if it is not there, for this user only. Answers whether it is closed to others now. */
export function createPrivateFolder(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    chmodSync(folder, 0o700);
    return true;
  } catch {
    return false; // a volume that another user owns; the files in it are private all the same
  }
}

/**
 * Creates an empty file that only this user may read, unless it is there.
 *
 * SQLite gives its `-wal` and `-shm` files the mode of the main one. An existing file is not opened: closing a
 * descriptor would drop the locks that SQLite holds on it in this process (POSIX advisory locks).
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    chmodSync(path, 0o600);
  }
}
