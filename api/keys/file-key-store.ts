import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CommandError } from "../command-io.ts";
import type { KeyName, KeyStore } from "./key-store.ts";

const FRESH_MS = 1_000;
/** A lock older than this was left by a process that died, ms. */
const LOCK_MS_MAX = 10_000;
const LOCK_WAIT_MS = 20;

/** Whoever checks API keys is a collector or has every folder, so the hashes lie beside the collector's keys. */
const SHARED_FOLDERS: Readonly<Partial<Record<KeyName, KeyName>>> = { access: "collector" };

/** The file of a key: in a folder of its own where there is one, so that each role can be given its own and no other. */
export function toKeyFile(folder: string, name: KeyName): string {
  const own = join(folder, SHARED_FOLDERS[name] ?? name);
  return join(existsSync(own) ? own : folder, `${name}.json`);
}

/** Keys as files of mode 0600 in a folder of mode 0700, each replaced as a whole. */
export function openFileKeyStore(folder: string): KeyStore {
  const file = (name: KeyName) => toKeyFile(folder, name);
  const store: KeyStore = {
    freshMs: FRESH_MS,
    file,
    place: (name) => `the key file "${file(name)}"`,
    mark(name) {
      const found = statSync(file(name), { bigint: true, throwIfNoEntry: false });
      return found === undefined ? "none" : `${found.ino}:${found.size}:${found.mtimeNs}:${found.mode}`;
    },
    read: (name) => readKeyFile(file(name)),
    readLater: async (name) => readKeyFile(file(name)),
    create: (name, bytes) => createOnce(file(name), bytes),
    write(name, bytes, { shred = false } = {}) {
      const path = file(name);
      makeFolder(dirname(path));
      const before = shred && existsSync(path) ? openSync(path, "r+") : undefined;
      const size = before === undefined ? 0 : statSync(path).size;
      renameSync(writeTemporary(path, bytes), path);
      syncFolder(dirname(path));
      if (before !== undefined) overwrite(before, size);
    },
    alone: (name, act) => runAlone(`${file(name)}.lock`, act),
  };
  return store;
}

function readKeyFile(file: string): Uint8Array | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const mode = found.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new CommandError(
      `Cannot use the key file "${file}": its mode is ${mode.toString(8)} and others can read it. Run: chmod 600 "${file}"`,
    );
  }
  const folder = dirname(file);
  const folderMode = statSync(folder).mode & 0o777;
  if ((folderMode & 0o022) !== 0) {
    throw new CommandError(
      `Cannot use the key file "${file}": the mode of its folder is ${folderMode.toString(8)} and others can replace the file. Run: chmod 700 "${folder}"`,
    );
  }
  try {
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CommandError(
      `Cannot read the key file "${file}" (${code}): it must belong to the account that runs roebuck.`,
    );
  }
}

function createOnce(file: string, bytes: Uint8Array): void {
  if (existsSync(file)) return; // it may lie in a folder that only others may write
  makeFolder(dirname(file));
  const temporary = writeTemporary(file, bytes);
  try {
    linkSync(temporary, file); // fails if it exists: two first starts at once must not make two keyrings
    syncFolder(dirname(file));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

function writeTemporary(file: string, bytes: Uint8Array): string {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.new`;
  const handle = openSync(temporary, "wx", 0o600);
  try {
    writeSync(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(temporary, 0o600);
  return temporary;
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle); // a rename is durable only with its folder
  } finally {
    closeSync(handle);
  }
}

/** The bytes of a file that has no name any more: not left for whoever reads the disk. */
function overwrite(handle: number, size: number): void {
  try {
    writeSync(handle, randomBytes(size), 0, size, 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function runAlone<T>(lock: string, act: () => T): T {
  makeFolder(dirname(lock));
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      closeSync(openSync(lock, "wx", 0o600));
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const madeMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (madeMs !== undefined && Date.now() - madeMs > LOCK_MS_MAX) rmSync(lock, { force: true });
    else Atomics.wait(sleeper, 0, 0, LOCK_WAIT_MS);
  }
  try {
    return act();
  } finally {
    rmSync(lock, { force: true });
  }
}
