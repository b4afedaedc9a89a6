import type { KeyName, KeyStore } from "./key-store.ts";

/** From this age on an answer serves no longer while a newer one is fetched, ms: a revocation must hold within 60 s. */
const STALE_MS = 45_000;
/** How long a store that failed is not asked again, ms: each request would wait for it. */
const FAILED_MS = 5_000;

/** Keys of a store, kept current. */
export interface KeyReader<Keys> {
  /** The keys; the same object as long as nothing has changed. Throws what the store throws once they are too old. */
  keys(): Keys;
  /** Takes bytes that were just written. */
  take(bytes: Uint8Array): void;
}

/**
 * Reads keys and looks again as often as the store says. A store that cannot tell a change without being read is asked
 * in the background, so that no request waits for it.
 *
 * @param convert makes keys of bytes, given those before; throws if they are none
 */
export function openKeyReader<Keys>(
  store: KeyStore,
  name: KeyName,
  convert: (bytes: Uint8Array | undefined, before: Keys | undefined) => Keys,
): KeyReader<Keys> {
  let known: { readonly bytes: Uint8Array | undefined; readonly keys: Keys } | undefined;
  let mark: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let failed: { readonly atMs: number; readonly error: unknown } | undefined;
  let asking = false;
  let takes = 0;

  const take = (bytes: Uint8Array | undefined, atMs: number): Keys => {
    if (known === undefined || Buffer.compare(bytes ?? EMPTY, known.bytes ?? EMPTY) !== 0) {
      known = { bytes, keys: convert(bytes, known?.keys) };
    }
    lookedMs = atMs;
    failed = undefined;
    takes += 1;
    return known.keys;
  };
  const ask = async (): Promise<void> => {
    asking = true;
    const [atMs, before] = [performance.now(), takes];
    try {
      const bytes = await store.readLater(name);
      if (takes === before) take(bytes, atMs); // what was written meanwhile is newer
    } catch {
      // the next call that finds the keys too old asks itself, and tells
    } finally {
      asking = false;
    }
  };
  const read = (atMs: number): Keys => {
    if (failed !== undefined && atMs - failed.atMs < FAILED_MS) throw failed.error;
    try {
      const now = store.mark(name);
      const keys = take(store.read(name), atMs);
      mark = now;
      return keys;
    } catch (error) {
      if (store.mark(name) === undefined) failed = { atMs, error };
      throw error;
    }
  };
  return {
    keys() {
      const atMs = performance.now();
      if (known === undefined || atMs - lookedMs >= STALE_MS) return read(atMs);
      if (atMs - lookedMs < store.freshMs) return known.keys;
      const now = store.mark(name);
      if (now === undefined) {
        if (!asking) void ask();
        return known.keys;
      }
      if (now !== mark) return read(atMs);
      lookedMs = atMs;
      return known.keys;
    },
    take(bytes) {
      take(bytes, performance.now());
      mark = undefined;
    },
  };
}

const EMPTY = new Uint8Array();
