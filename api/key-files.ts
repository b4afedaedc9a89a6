import { randomBytes } from "node:crypto";
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
import { openFileKeyStore } from "./keys/file-key-store.ts";
import { openKeyReader } from "./keys/key-reader.ts";
import type { KeyName, KeyStore, WriteOptions } from "./keys/key-store.ts";

/** The keys of one installation, kept apart so that the collector never holds what pseudonyms are made with. */
export interface KeyFiles {
  readonly store: KeyStore;
  /** Where the collector's keys lie if they lie in files. */
  readonly collectorFile: string;
  /** Where the pseudonym keys lie if they lie in files. */
  readonly pseudonymFile: string;
  /** The collector's keys; a change elsewhere is known within 60 s, one made here at once. */
  collectorKeys(): CollectorKeys;
  /** The transform's keys; a change elsewhere is known within 60 s, one made here at once. */
  pseudonymKeys(): PseudonymKeys;
  /** Everything that is known of the collector's keys, also the revoked. Secret. */
  readCollector(): CollectorKeyFile;
  /** Everything that is known of the pseudonym keys. Secret. */
  readPseudonym(): PseudonymKeyFile;
  /** Replaces the collector's keys by what `change` makes of them. Durable when it returns. */
  changeCollector(change: (content: CollectorKeyFile) => CollectorKeyFile): void;
  /** Replaces the pseudonym keys by what `change` makes of them. Durable when it returns. */
  changePseudonym(change: (content: PseudonymKeyFile) => PseudonymKeyFile, options?: WriteOptions): void;
  /** The token key of a site that this machine can sign with. */
  signingKey(site: string): CollectorKeyFile["tokens"][number] | undefined;
  /** Makes a salt for each Partner that has none. Durable when it returns. */
  addSalts(partners: readonly string[]): void;
  /** Destroys the salts of Partners: their pseudonyms can never be made or matched again. Durable when it returns; repeating it changes nothing. */
  removeSalts(partners: readonly string[]): void;
}

/** A folder with key files, or any store of keys. */
export type KeyHome = string | KeyStore;

/** A new secret: 32 random bytes as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Opens the keys of an installation, making them on the first start and adding a token key for each site without one.
 *
 * @throws CommandError if they cannot be had, others can read them, or they are no keys
 */
export function openKeyFiles(home: KeyHome, sites: readonly Site[]): KeyFiles {
  const collector = openCollectorKeyFile(home, sites);
  const pseudonym = openPseudonymKeyFile(home);
  return {
    store: toStore(home),
    collectorFile: collector.file,
    pseudonymFile: pseudonym.file,
    collectorKeys: collector.keys,
    pseudonymKeys: pseudonym.keys,
    readCollector: collector.read,
    readPseudonym: pseudonym.read,
    changeCollector: collector.change,
    changePseudonym: pseudonym.change,
    signingKey: (site) => toSigningKey(collector.read(), site),
    addSalts: (partners) => pseudonym.change((content) => addSalts(content, partners)),
    removeSalts: (partners) => pseudonym.change((content) => removeSalts(content, partners), { shred: true }),
  };
}

/** One keyring, open. */
export interface OpenKeyring<File, Keys> {
  /** Where it lies if it lies in a file. */
  readonly file: string;
  /** What a process works with; the same object as long as nothing has changed. */
  keys(): Keys;
  /** All of it, as it is now. */
  read(): File;
  /** Replaces it by what `change` makes of it; writes nothing if that is the same object. */
  change(change: (content: File) => File, options?: WriteOptions): void;
}

/** Opens what a collector alone needs. Throws as {@link openKeyFiles}. */
export function openCollectorKeyFile(
  home: KeyHome,
  sites: readonly Site[],
): OpenKeyring<CollectorKeyFile, CollectorKeys> {
  const first = { v: 1, seal: newSecret(), tokens: [] } satisfies CollectorKeyFile;
  const ring = openKeyring(home, "collector", COLLECTOR_KEY_FILE, first, toCollectorKeys, keepSame);
  if (addTokenKeys(ring.read(), sites) !== undefined) {
    ring.change((content) => addTokenKeys(content, sites) ?? content);
  }
  return ring;
}

/** Opens what a transform alone needs. Throws as {@link openKeyFiles}. */
export function openPseudonymKeyFile(home: KeyHome): OpenKeyring<PseudonymKeyFile, PseudonymKeys> {
  const first = {
    v: 1,
    epochs: [{ epoch: 1, from: "", root: newSecret() }],
    salts: { "": newSecret() },
  } satisfies PseudonymKeyFile;
  return openKeyring(home, "pseudonym", PSEUDONYM_KEY_FILE, first, toPseudonymKeys, (_, keys) => keys);
}

function openKeyring<File extends object, Keys>(
  home: KeyHome,
  name: KeyName,
  shape: z.ZodType<File>,
  first: File,
  convert: (content: File) => Keys,
  keep: (before: Keys | undefined, keys: Keys) => Keys,
): OpenKeyring<File, Keys> {
  const store = toStore(home);
  store.create(name, toBytes(first));
  const parse = (bytes: Uint8Array | undefined) => parseKeyFile(store.place(name), bytes, shape);
  const reader = openKeyReader(store, name, (bytes, before: Keys | undefined) => keep(before, convert(parse(bytes))));
  return {
    file: store.file?.(name) ?? store.place(name),
    keys: reader.keys,
    read: () => parse(store.read(name)),
    change(change, options) {
      store.alone(name, () => {
        const content = parse(store.read(name));
        const changed = change(content);
        if (changed === content) return;
        const bytes = toBytes(shape.parse(changed));
        store.write(name, bytes, options);
        reader.take(bytes);
      });
    },
  };
}

function toStore(home: KeyHome): KeyStore {
  return typeof home === "string" ? openFileKeyStore(home) : home;
}

function toBytes(content: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
}

/** The token key of a site that new tokens are signed with here: the last one that is not revoked and not public. */
export function readSigningKey(file: string, site: string): CollectorKeyFile["tokens"][number] | undefined {
  const folder = file.replace(/(?:\/collector)?\/collector\.json$/, "");
  const store = openFileKeyStore(folder);
  return toSigningKey(parseKeyFile(store.place("collector"), store.read("collector"), COLLECTOR_KEY_FILE), site);
}

function toSigningKey({ tokens }: CollectorKeyFile, site: string): CollectorKeyFile["tokens"][number] | undefined {
  const own = tokens.filter((token) => token.site === site && token.revoked !== true);
  return own.findLast(({ alg }) => alg === "HS256") ?? own.at(-1);
}

/** The keys with one for each site that has none; `undefined` if each has. */
function addTokenKeys(content: CollectorKeyFile, sites: readonly Site[]): CollectorKeyFile | undefined {
  const missing = sites.filter((site) => !content.tokens.some((token) => token.site === site.id));
  if (missing.length === 0) return undefined;
  const added = missing.map((site) => ({
    kid: newKeyId(site.id),
    site: site.id,
    alg: "HS256" as const,
    key: newSecret(),
  }));
  return { ...content, tokens: [...content.tokens, ...added] };
}

/** A new key id of a site: `www-1a2b3c4d`. */
export function newKeyId(site: string): string {
  return `${site}-${randomBytes(4).toString("hex")}`;
}

function addSalts(content: PseudonymKeyFile, partners: readonly string[]): PseudonymKeyFile {
  const missing = partners.filter((partner) => !Object.hasOwn(content.salts, partner));
  if (missing.length === 0) return content;
  const salts = { ...content.salts };
  for (const partner of missing) salts[partner] = newSecret();
  return { ...content, salts };
}

function removeSalts(content: PseudonymKeyFile, partners: readonly string[]): PseudonymKeyFile {
  const kept = Object.entries(content.salts).filter(([partner]) => !partners.includes(partner));
  return kept.length === Object.keys(content.salts).length ? content : { ...content, salts: Object.fromEntries(kept) };
}

/**
 * Keys that stay the same stay the same objects: what was verified under a key is remembered by it, and a request in
 * flight while another key is added must not be refused.
 */
function keepSame(before: CollectorKeys | undefined, keys: CollectorKeys): CollectorKeys {
  if (before === undefined) return keys;
  const tokenKeys = new Map(
    [...keys.tokenKeys].map(([kid, key]) => {
      const known = before.tokenKeys.get(kid);
      const isSame = known?.site === key.site && known.alg === key.alg && Buffer.compare(known.key, key.key) === 0;
      return [kid, isSame ? known : key];
    }),
  );
  const sealKey = Buffer.compare(before.sealKey, keys.sealKey) === 0 ? before.sealKey : keys.sealKey;
  return { sealKey, tokenKeys };
}

function parseKeyFile<File>(place: string, bytes: Uint8Array | undefined, shape: z.ZodType<File>): File {
  if (bytes === undefined) {
    throw new CommandError(
      `Cannot use ${place}: it is not there. Restore it from its backup; new keys would not find old rows.`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    content = undefined; // the parser's message would quote the secret
  }
  const parsed = shape.safeParse(content);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new CommandError(
    `Cannot use ${place}: ${where === "" ? "it is not a key file" : `"${where}" is not valid`}. Restore it from its backup; new keys would not find old rows.`,
  );
}
