import type { KeyName, KeyStore } from "./key-store.ts";

/** From this age on an answer serves no longer while a newer one is fetched, ms: a revocation must hold within 60 s. */
const STALE_MS = 45_000;
/** How long a store that failed is not asked again, ms: each request would wait for it. */
const FAILED_MS = 5_000;

/** Keys of a store, kept current. */
export interface KeyReader<Keys> {
  /** The keys; the same object as long as nothing has changed. Throws what the store throws once they are too old. */
  keys(): Keys;
  /** The same for whoever can wait: a store that must be asked is asked in the background, once for all who wait. */
  keysLater(): Promise<Keys>;
  /** Takes bytes that were just written. */
  take(bytes: Uint8Array): void;
}

/**
 * Reads keys and looks again as often as the store says. A store that cannot tell a change without being read is asked
 * in the background, so that no request waits for it.
 *
 * @param convert makes keys of bytes, given those before; throws if they are none
 * @param elapsedMs a clock that only goes forward, ms
 */
export function openKeyReader<Keys>(
  store: KeyStore,
  name: KeyName,
  convert: (bytes: Uint8Array | undefined, before: Keys | undefined) => Keys,
  elapsedMs: () => number = () => performance.now(),
): KeyReader<Keys> {
  let known: { readonly bytes: Uint8Array | undefined; readonly keys: Keys } | undefined;
  let mark: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let failed: { readonly atMs: number; readonly error: unknown } | undefined;
  let asking: Promise<void> | undefined;
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
  const fetchOnce = async (): Promise<void> => {
    const [atMs, before] = [elapsedMs(), takes];
    try {
      const bytes = await store.readLater(name);
      if (takes === before) take(bytes, atMs); // what was written meanwhile is newer
    } catch (error) {
      // whoever finds the keys too old is told
      failed = { atMs: elapsedMs(), error };
    } finally {
      asking = undefined;
    }
  };
  const ask = (): Promise<void> => {
    asking ??= fetchOnce();
    return asking;
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
  const reader: KeyReader<Keys> = {
    keys() {
      const atMs = elapsedMs();
      if (known === undefined || atMs - lookedMs >= STALE_MS) return read(atMs);
      if (atMs - lookedMs < store.freshMs) return known.keys;
      const now = store.mark(name);
      if (now === undefined) {
        if (failed === undefined || atMs - failed.atMs >= FAILED_MS) void ask();
        return known.keys;
      }
      if (now !== mark) return read(atMs);
      lookedMs = atMs;
      return known.keys;
    },
    async keysLater() {
      const isFresh = () => known !== undefined && elapsedMs() - lookedMs < STALE_MS;
      if (isFresh() || store.mark(name) !== undefined) return reader.keys();
      if (failed === undefined || elapsedMs() - failed.atMs >= FAILED_MS) await ask();
      if (known !== undefined && isFresh()) return known.keys;
      throw failed?.error ?? new Error(`Cannot read ${store.place(name)}: it must answer.`);
    },
    take(bytes) {
      take(bytes, elapsedMs());
      mark = undefined;
    },
  };
  return reader;
}

const EMPTY = new Uint8Array();
