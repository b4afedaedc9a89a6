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
import type { z } from "zod";
import {
  COLLECTOR_KEY_FILE,
  type CollectorKeyFile,
  type CollectorKeys,
  PSEUDONYM_KEY_FILE,
  type PseudonymKeyFile,
  type PseudonymKeys,
  toCollectorKeys,
  toPseudonymKeys,
} from "../schemas/keyring.ts";
import type { Site } from "../schemas/settings.ts";
import { CommandError } from "./command-io.ts";

/** How old what we know of a key file may be before its time stamp is looked at again, ms. A revocation must hold within 60 s. */
const RELOAD_MS = 1_000;

/** The key files of one installation, kept apart so that the collector never holds what pseudonyms are made with. */
export interface KeyFiles {
  readonly collectorFile: string;
  readonly pseudonymFile: string;
  /** The collector's keys, read again within a second of a change. */
  collectorKeys(): CollectorKeys;
  /** The transform's keys, read again within a second of a change. */
  pseudonymKeys(): PseudonymKeys;
  /** Makes a salt for each Partner that has none. Durable when it returns. */
  addSalts(partners: readonly string[]): void;
  /** Destroys the salts of Partners: their pseudonyms can never be made or matched again. Durable when it returns; repeating it changes nothing. */
  removeSalts(partners: readonly string[]): void;
}

/** A new secret: 32 random bytes as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Opens the key files in `folder`, making them on the first start and adding a token key for each site without one.
 *
 * @throws CommandError if a file can be read by others than its owner, or is not a key file
 */
export function openKeyFiles(folder: string, sites: readonly Site[]): KeyFiles {
  const collector = openCollectorKeyFile(folder, sites);
  const pseudonym = openPseudonymKeyFile(folder);
  return {
    collectorFile: collector.file,
    pseudonymFile: pseudonym.file,
    collectorKeys: collector.keys,
    pseudonymKeys: pseudonym.keys,
    addSalts: (partners) => addSalts(pseudonym.file, partners),
    removeSalts: (partners) => removeSalts(pseudonym.file, partners),
  };
}

/** Opens what a collector alone needs. Throws as {@link openKeyFiles}. */
export function openCollectorKeyFile(folder: string, sites: readonly Site[]): { file: string; keys(): CollectorKeys } {
  const file = toKeyFile(folder, "collector");
  createOnce(file, { v: 1, seal: newSecret(), tokens: [] } satisfies CollectorKeyFile);
  addTokenKeys(file, sites);
  return { file, keys: cachedReader(file, COLLECTOR_KEY_FILE, toCollectorKeys) };
}

/** Opens what a transform alone needs. Throws as {@link openKeyFiles}. */
export function openPseudonymKeyFile(folder: string): { file: string; keys(): PseudonymKeys } {
  const file = toKeyFile(folder, "pseudonym");
  createOnce(file, {
    v: 1,
    epochs: [{ epoch: 1, from: "", root: newSecret() }],
    salts: { "": newSecret() },
  } satisfies PseudonymKeyFile);
  return { file, keys: cachedReader(file, PSEUDONYM_KEY_FILE, toPseudonymKeys) };
}

/** In a folder of its own where there is one, so that each role can be given its own and no other; otherwise beside the rest. */
function toKeyFile(folder: string, name: "collector" | "pseudonym"): string {
  const own = join(folder, name);
  return join(existsSync(own) ? own : folder, `${name}.json`);
}

/** The token key of a site that new tokens are signed with: the last one that is not revoked. */
export function readSigningKey(file: string, site: string): CollectorKeyFile["tokens"][number] | undefined {
  return readKeyFile(file, COLLECTOR_KEY_FILE).tokens.findLast(
    (token) => token.site === site && token.revoked !== true,
  );
}

function addTokenKeys(file: string, sites: readonly Site[]): void {
  const content = readKeyFile(file, COLLECTOR_KEY_FILE);
  const missing = sites.filter(
    (site) => !content.tokens.some((token) => token.site === site.id && token.revoked !== true),
  );
  if (missing.length === 0) return;
  const added = missing.map((site) => ({
    kid: `${site.id}-${randomBytes(4).toString("hex")}`,
    site: site.id,
    alg: "HS256" as const,
    key: newSecret(),
  }));
  replaceFile(file, { ...content, tokens: [...content.tokens, ...added] });
}

function addSalts(file: string, partners: readonly string[]): void {
  const content = readKeyFile(file, PSEUDONYM_KEY_FILE);
  const missing = partners.filter((partner) => !Object.hasOwn(content.salts, partner));
  if (missing.length === 0) return;
  const salts = { ...content.salts };
  for (const partner of missing) salts[partner] = newSecret();
  replaceFile(file, { ...content, salts });
}

function removeSalts(file: string, partners: readonly string[]): void {
  const content = readKeyFile(file, PSEUDONYM_KEY_FILE);
  const kept = Object.entries(content.salts).filter(([partner]) => !partners.includes(partner));
  if (kept.length === Object.keys(content.salts).length) return;
  replaceFile(file, { ...content, salts: Object.fromEntries(kept) });
}

function cachedReader<File, Keys>(file: string, shape: z.ZodType<File>, convert: (content: File) => Keys): () => Keys {
  let lookedMs = 0;
  let changedMs = -1;
  let keys: Keys | undefined;
  return () => {
    const now = performance.now();
    if (keys !== undefined && now - lookedMs < RELOAD_MS) return keys;
    const stamp = statSync(file).mtimeMs;
    if (keys === undefined || stamp !== changedMs) keys = convert(readKeyFile(file, shape));
    changedMs = stamp;
    lookedMs = now;
    return keys;
  };
}

function readKeyFile<File>(file: string, shape: z.ZodType<File>): File {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new CommandError(
      `Cannot use the key file "${file}": its mode is ${mode.toString(8)} and others can read it. Run: chmod 600 "${file}"`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    content = undefined; // the parser's message would quote the secret
  }
  const parsed = shape.safeParse(content);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new CommandError(
    `Cannot use the key file "${file}": ${where === "" ? "it is not a key file" : `"${where}" is not valid`}. Restore it from its backup; new keys would not find old rows.`,
  );
}

function createOnce(file: string, content: object): void {
  if (existsSync(file)) return; // it may lie in a folder that only others may write
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = writeTemporary(file, content);
  try {
    linkSync(temporary, file); // fails if it exists: two first starts at once must not make two keyrings
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function replaceFile(file: string, content: object): void {
  renameSync(writeTemporary(file, content), file);
}

function writeTemporary(file: string, content: object): string {
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.new`;
  const handle = openSync(temporary, "wx", 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(temporary, 0o600);
  return temporary;
}
