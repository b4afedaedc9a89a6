import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between tries: the first wait, doubled each time up to the longest, milliseconds. */
export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait after try number `tries` (from 1), milliseconds: doubled each time, with "full jitter" over its upper
 * half, so that several who failed together do not come back together. Pure.
 *
 * @param random from 0 up to, not including, 1
 */
export function toBackOffMs(tries: number, { firstMs, maxMs }: BackOff, random: number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/** Waits `ms` milliseconds, or less if the signal aborts; never throws. */
export async function waitMs(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // Aborted: the caller looks at its signal.
  }
}
