import { readFile, stat } from "node:fs/promises";
import { PSEUDONYM_KEY_FILE, type PseudonymKeys, toPseudonymKeys } from "../schemas/keyring.ts";
import { KeysUnavailable } from "../transform/keys.ts";

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
      if (known?.mark !== mark) known = { mark, keys: parseKeys(path, await readFile(path, "utf8")) };
      return known.keys;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      const { code = "unknown" } = error as NodeJS.ErrnoException; // what the file system throws
      throw new KeysUnavailable(`Cannot read the key file "${path}" (${code}): it must be there and readable`);
    }
  };
}

function parseKeys(path: string, text: string): PseudonymKeys {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new KeysUnavailable(`Cannot read the key file "${path}": it must be JSON`);
  }
  const parsed = PSEUDONYM_KEY_FILE.safeParse(file);
  if (parsed.success) return toPseudonymKeys(parsed.data);
  // Where, never what: zod's texts could quote a key.
  const where = [...new Set(parsed.error.issues.map(({ path: at }) => String(at[0] ?? "top")))].join(", ");
  throw new KeysUnavailable(`Cannot use the key file "${path}": ${where} must be as the key file's schema says`);
}
