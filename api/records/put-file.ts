import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** Files under way: hidden, with the process that writes them in the name. */
const ASIDE = /^\..+\.(\d+)\.[0-9a-f]{8}\.part$/;

/** SHA-256, 64 hex digits. */
export function toDigest(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The digest of a file; undefined if there is none that can be read. */
export function readDigest(file: string): string | undefined {
  try {
    return toDigest(readFileSync(file));
  } catch {
    return undefined;
  }
}

/**
 * Writes a file so that under its name there is only ever the whole of it, old or new: aside, synced, then renamed.
 * The folder is made where it is missing. Files 0600, folders 0700. Throws what the file system throws.
 */
export function putFile(file: string, bytes: Uint8Array | string): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const aside = join(folder, `.${basename(file)}.${process.pid}.${randomBytes(4).toString("hex")}.part`);
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  try {
    const handle = openSync(aside, "wx", 0o600);
    try {
      let written = 0;
      while (written < content.length) written += writeSync(handle, content, written);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** Removes what a process that was killed left half written in a folder or the folders in it. */
export function dropHalves(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const pid = Number(ASIDE.exec(entry.name)?.[1]);
    if (entry.isFile() && pid > 0 && !isAnother(pid)) rmSync(join(entry.parentPath, entry.name), { force: true });
  }
}

/** Whether another process of that id is alive. */
function isAnother(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
