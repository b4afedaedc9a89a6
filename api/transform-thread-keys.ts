import { readFile, stat } from "node:fs/promises";
import type { JournalState } from "../schemas/journal.ts";
import { PSEUDONYM_KEY_FILE, type PseudonymKeys, toPseudonymKeys } from "../schemas/keyring.ts";
import { KeysUnavailable } from "../transform/keys.ts";
import { createKeyGuard, findKeyTrouble, toKeysOnRecord } from "../transform/known-keys.ts";
import { openCommandKeyStore } from "./keys/command-key-store.ts";

/** The pseudonym keys, wherever the settings say that they lie. */
export function openPseudonymReader({
  settings,
  keyFile,
}: {
  readonly settings: { readonly keysCommand: string };
  readonly keyFile: string;
}): () => Promise<PseudonymKeys> {
  return settings.keysCommand === "" ? toKeyFileReader(keyFile) : toKeyCommandReader(settings.keysCommand);
}

/**
 * A reader that gives out nothing that the journal says is destroyed. It throws `KeysUnavailable` while the keys are
 * others than those that the journal knows.
 */
export function guardKeyReader(
  read: () => Promise<PseudonymKeys>,
  events: () => JournalState["keyEvents"],
): () => Promise<PseudonymKeys> {
  const guard = createKeyGuard(events);
  let trusted: PseudonymKeys | undefined;
  return async () => {
    const keys = await read();
    const safe = guard(keys);
    if (safe !== trusted) {
      // A key that was just added may stand in the journal before it was read here.
      const trouble = findKeyTrouble({ pseudonym: safe }, toKeysOnRecord(events()), false);
      if (trouble !== undefined) {
        throw new KeysUnavailable(`Cannot use these keys: ${trouble}. Put back those that belong to this journal`);
      }
      trusted = safe;
    }
    return safe;
  };
}

/** A reader of the keys of a command, asked again when they are {@link openCommandKeyStore} old. Throws `KeysUnavailable`. */
export function toKeyCommandReader(command: string): () => Promise<PseudonymKeys> {
  const store = openCommandKeyStore(command);
  let known: { readonly text: string; readonly keys: PseudonymKeys; readonly readMs: number } | undefined;
  return async () => {
    const readMs = performance.now();
    if (known !== undefined && readMs - known.readMs < store.freshMs) return known.keys;
    const bytes = await store.readLater("pseudonym").catch((error: unknown) => {
      throw new KeysUnavailable(error instanceof Error ? error.message : "Cannot read the keys");
    });
    const text = Buffer.from(bytes ?? []).toString("utf8");
    known = { text, readMs, keys: known?.text === text ? known.keys : parseKeys(store.place("pseudonym"), text) };
    return known.keys;
  };
}

/**
 * A reader of the key file at `path` that reads it again only when it has changed: a new Partner's salt, a rotation or
 * a destroyed salt holds from the next batch on. Answers the same object as long as the file stays the same.
 *
 * The file must be replaced as a whole (written beside and renamed), never edited in place. The reader throws
 * `KeysUnavailable`.
 */
export function toKeyFileReader(path: string): () => Promise<PseudonymKeys> {
  let known: { readonly mark: string; readonly keys: PseudonymKeys } | undefined;
  return async () => {
    try {
      const { ino, size, mtimeNs } = await stat(path, { bigint: true });
      const mark = `${ino}:${size}:${mtimeNs}`;
      if (known?.mark !== mark)
        known = { mark, keys: parseKeys(`the key file "${path}"`, await readFile(path, "utf8")) };
      return known.keys;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      const { code = "unknown" } = error as NodeJS.ErrnoException; // what the file system throws
      throw new KeysUnavailable(`Cannot read the key file "${path}" (${code}): it must be there and readable`);
    }
  };
}

function parseKeys(place: string, text: string): PseudonymKeys {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new KeysUnavailable(`Cannot read ${place}: it must be JSON`);
  }
  const parsed = PSEUDONYM_KEY_FILE.safeParse(file);
  if (parsed.success) return toPseudonymKeys(parsed.data);
  // Where, never what: zod's texts could quote a key.
  const where = [...new Set(parsed.error.issues.map(({ path: at }) => String(at[0] ?? "top")))].join(", ");
  throw new KeysUnavailable(`Cannot use ${place}: ${where} must be as the key file's schema says`);
}
