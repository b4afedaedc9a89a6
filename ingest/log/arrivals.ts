/** Longest wait that a timer of Node takes, ms. */
const timerMsMax = 2 ** 31 - 1;

/** Wakes those who wait for a stream's next record. */
export class Arrivals {
  readonly #waiting = new Set<() => void>();

  /** Wakes everyone who waits now. */
  announce(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next announcement, after `ms`, or when `signal` aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, timerMsMax));
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }
}
