import type { EpochMs } from "../schemas/ids.ts";

const MINUTE_MS = 60_000;
/** Most keys that one limit remembers; about 10 MB. */
const KEYS_MAX = 100_000;

/**
 * A limit on requests a minute for each key, with the minute's whole allowance as burst.
 *
 * One number a key: the instant at which its bucket would be full again. A key whose instant has passed equals
 * one never seen, so forgetting it costs nothing, and memory is bounded whatever keys a flood invents.
 * Holds no clock: the caller says what time it is.
 */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #keysMax: number;
  readonly #fullAtMs = new Map<string, number>();

  /** @param perMinute requests a minute for each key; 0 sets no limit */
  constructor(perMinute: number, keysMax: number = KEYS_MAX) {
    this.#intervalMs = perMinute > 0 ? MINUTE_MS / perMinute : 0;
    this.#keysMax = keysMax;
  }

  /** Keys remembered now. */
  get size(): number {
    return this.#fullAtMs.size;
  }

  /** Seconds until this key may go on, 0 if it may now. Takes nothing. */
  waitS(key: string, nowMs: EpochMs): number {
    return this.#intervalMs === 0 ? 0 : this.#toWaitS(this.#fullAtMs.get(key), nowMs);
  }

  /** Takes one request of this key. Answers 0, or the seconds to wait if there is none left; then nothing is taken. */
  take(key: string, nowMs: EpochMs): number {
    if (this.#intervalMs === 0) return 0;
    const fullAtMs = this.#fullAtMs.get(key);
    const waitS = this.#toWaitS(fullAtMs, nowMs);
    if (waitS > 0) return waitS;
    if (fullAtMs === undefined && this.#fullAtMs.size >= this.#keysMax) this.#forget(nowMs);
    this.#fullAtMs.set(key, Math.max(fullAtMs ?? nowMs, nowMs) + this.#intervalMs);
    return 0;
  }

  #toWaitS(fullAtMs: number | undefined, nowMs: EpochMs): number {
    if (fullAtMs === undefined) return 0;
    const excessMs = fullAtMs - nowMs + this.#intervalMs - MINUTE_MS;
    return excessMs <= 0.001 ? 0 : Math.max(1, Math.ceil(excessMs / 1_000)); // a hair for rounding of fractions
  }

  /** Forgets full buckets; if that frees less than a quarter, the oldest keys too, so that this stays rare. */
  #forget(nowMs: EpochMs): void {
    for (const [key, fullAtMs] of this.#fullAtMs) if (fullAtMs <= nowMs) this.#fullAtMs.delete(key);
    const target = Math.floor(this.#keysMax * 0.75);
    for (const key of this.#fullAtMs.keys()) {
      if (this.#fullAtMs.size <= target) return;
      this.#fullAtMs.delete(key);
    }
  }
}
