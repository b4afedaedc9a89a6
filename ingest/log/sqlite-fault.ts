import { LogUnavailable } from "../../schemas/ports.ts";

/** The primary result codes of SQLite that call for different remedies. @see https://www.sqlite.org/rescode.html */
export const sqliteCodes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

const remedies: ReadonlyMap<number, string> = new Map([
  [sqliteCodes.busy, "Another program holds the file locked: close it."],
  [sqliteCodes.readOnly, "Give the user that runs this process the right to write there."],
  [sqliteCodes.ioError, "Check the disk: it refused a read or a write."],
  [sqliteCodes.corrupt, "The file is damaged: stop, and restore it from a backup."],
  [sqliteCodes.full, "Make room on the disk; the log then works again by itself."],
  [sqliteCodes.cannotOpen, "Check that the folder exists and that the user that runs this process may write there."],
  [sqliteCodes.notADatabase, "The file is damaged: stop, and restore it from a backup."],
]);

/** SQLite's primary result code of an error thrown by `node:sqlite`; `undefined` if it came from elsewhere. */
export function toSqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff; // extended codes keep the primary one in the low byte
}

/**
 * Words for a failure of the store under the log.
 *
 * SQLite's own texts name pages and constraints, never what a record says, so they may be repeated.
 *
 * @param action what was tried, in the form `append to stream "events" in "/var/lib/roebuck/log"`
 */
export function toLogUnavailable(action: string, cause: unknown): LogUnavailable {
  if (cause instanceof LogUnavailable) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const remedy = remedies.get(toSqliteCode(cause) ?? -1) ?? "Check the disk and the folder.";
  return new LogUnavailable(`Cannot ${action}: ${reason}. ${remedy}`, { cause });
}
