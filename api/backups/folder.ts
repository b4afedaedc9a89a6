import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";
import type { BackupKey } from "./backup-key.ts";
import { type Manifest, type ManifestProblem, openManifest } from "./manifest.ts";
import { isBackupId } from "./plan.ts";

const MANIFEST = "manifest.json";

/** A backup as it lies in the folder of the backups. */
export interface FoundBackup {
  readonly id: string;
  readonly folder: string;
  /** What it says of itself; `unfinished` if it was cut off before the manifest was written. */
  readonly manifest: Manifest | ManifestProblem | "unfinished";
}

/**
 * The folder of the backups.
 *
 * @param given in place of the setting
 * @throws CommandError if neither names one
 */
export function toBackupFolder({ backupDir }: Pick<Settings, "backupDir">, given?: string): string {
  const folder = given ?? backupDir;
  if (folder !== "") return folder;
  throw new CommandError(
    "Cannot find the backups: no folder is named. Set ROEBUCK_BACKUP_DIR to a folder on another disk, or give --dir DIR.",
  );
}

/** All backups, oldest first; also those that cannot be used. */
export function listBackups(folder: string, key: Pick<BackupKey, "macKey">): readonly FoundBackup[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isBackupId)
    .toSorted()
    .map((id) => findIn(folder, id, key));
}

/** One backup. Throws CommandError if there is none of that id. */
export function findBackup(folder: string, id: string, key: Pick<BackupKey, "macKey">): FoundBackup {
  if (isBackupId(id) && existsSync(join(folder, id))) return findIn(folder, id, key);
  throw new CommandError(
    `Cannot find backup "${id}" in "${folder}": the id must be one of those that \`roebuck backups list\` shows.`,
  );
}

function findIn(folder: string, id: string, { macKey }: Pick<BackupKey, "macKey">): FoundBackup {
  const own = join(folder, id);
  if (!existsSync(join(own, MANIFEST))) return { id, folder: own, manifest: "unfinished" };
  const manifest = openManifest(readFileSync(join(own, MANIFEST), "utf8"), macKey);
  const isOther = typeof manifest !== "string" && manifest.id !== id;
  return { id, folder: own, manifest: isOther ? "tampered" : manifest };
}

/** Makes the folder of a new backup. */
export function createBackupFolder(folder: string, id: string): string {
  const own = join(folder, id);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}

/** Writes the manifest: only then the backup is one. */
export function writeManifest(own: string, text: string): void {
  writeDurably(join(own, MANIFEST), text);
  syncFolder(join(own, ".."));
}

/** Replaces a file as a whole: after a crash it is the old one or the new one. */
export function writeDurably(file: string, text: string): void {
  const handle = openSync(`${file}.new`, "w", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
  syncFolder(join(file, ".."));
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes a backup: the manifest first, so that a half-removed one is not taken for whole. */
export function removeBackup(folder: string, id: string): void {
  rmSync(join(folder, id, MANIFEST), { force: true });
  rmSync(join(folder, id), { recursive: true, force: true });
}
