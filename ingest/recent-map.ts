/**
 * A map of at most `entriesMax` entries that forgets what has gone unused for longest, roughly.
 *
 * Two generations in place of an exact order: a full young generation becomes the old one and the old one goes.
 * A hit costs one look-up and moves nothing, so that a cache on the way of every request stays cheap, and no
 * flood of new keys can make it grow.
 */
export class RecentMap<Value> {
  readonly #generationMax: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(entriesMax: number) {
    this.#generationMax = Math.max(1, Math.floor(entriesMax / 2));
  }

  /** Entries held now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The value of a key, or `undefined`. */
  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const aged = this.#old.get(key);
    if (aged === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, aged);
    return aged;
  }

  /** Keeps a value, and lets the oldest go where there is no room. */
  set(key: string, value: Value): void {
    if (this.#young.size >= this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** Lets go what was neither set nor asked for between the last two calls. */
  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }

  /** Forgets a key. */
  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
