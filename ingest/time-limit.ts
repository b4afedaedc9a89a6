/** What took too long. */
export class TimeLimitExceeded extends Error {
  override readonly name = "TimeLimitExceeded";
}

interface Waiting {
  readonly endMs: number;
  readonly reject: (reason: TimeLimitExceeded) => void;
}

/**
 * One limit of time for many pieces of work. A single timer watches the oldest: at ten thousand requests a second,
 * a timer for each would cost more than the work around it.
 */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #elapsedMs: () => number;
  /** In the order of their ends, since the limit is the same for all. */
  readonly #waiting = new Set<Waiting>();
  #watched = false;

  /** @param elapsedMs a clock that only goes forward, ms; its zero does not matter */
  constructor(limitMs: number, elapsedMs: () => number) {
    this.#limitMs = limitMs;
    this.#elapsedMs = elapsedMs;
  }

  /** Settles as `work` does, or rejects with {@link TimeLimitExceeded} when the time is up. The work itself goes on. */
  run<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = { endMs: this.#elapsedMs() + this.#limitMs, reject };
      this.#waiting.add(waiting);
      this.#watch(this.#limitMs);
      work.then(
        (value) => {
          this.#waiting.delete(waiting);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          reject(error);
        },
      );
    });
  }

  #watch(delayMs: number): void {
    if (this.#watched) return;
    this.#watched = true;
    setTimeout(() => this.#check(), delayMs).unref();
  }

  #check(): void {
    this.#watched = false;
    const nowMs = this.#elapsedMs();
    for (const waiting of this.#waiting) {
      if (waiting.endMs > nowMs) {
        this.#watch(Math.ceil(waiting.endMs - nowMs));
        return;
      }
      this.#waiting.delete(waiting);
      waiting.reject(new TimeLimitExceeded(`not done within ${this.#limitMs} ms`));
    }
  }
}
