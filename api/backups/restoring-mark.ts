import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";

type Folder = Pick<Settings, "dataDir">;

function toMark({ dataDir }: Folder): string {
  return join(dataDir, "restoring.json");
}

/** Notes in the data folder, durably, that the store is being replaced by a backup: until that is whole nothing may serve it. */
export function setRestoringMark(settings: Folder, backup: string): void {
  const file = toMark(settings);
  const temporary = `${file}.new`;
  const handle = openSync(temporary, "w", 0o600);
  try {
    writeSync(handle, JSON.stringify({ v: 1, backup }));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
  syncFolder(settings.dataDir);
}

/** The restore is whole. */
export function clearRestoringMark(settings: Folder): void {
  rmSync(toMark(settings), { force: true });
  syncFolder(settings.dataDir);
}

/** Throws CommandError, with how to finish, while a restore into this data folder is not whole. */
export function refuseRestoring(settings: Folder): void {
  if (!existsSync(toMark(settings))) return;
  const backup = readMark(toMark(settings));
  throw new CommandError(
    `Cannot open the data folder "${settings.dataDir}": the restore of backup ${backup} was begun and is not whole. Finish it: roebuck restore ${backup} --yes`,
  );
}

function readMark(file: string): string {
  try {
    const { backup } = JSON.parse(readFileSync(file, "utf8")) as { backup?: unknown }; // looked at on the next line
    return typeof backup === "string" ? backup : "ID";
  } catch {
    return "ID"; // cut off by a crash: that it is there is what counts
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
