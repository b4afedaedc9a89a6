import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Clock } from "../../schemas/ports.ts";

/** A clock that stands still until it is set. */
export interface SettableClock extends Clock {
  set(ms: EpochMs): void;
}

/** An instant for tests that need one: 2026-11-02T10:15:00Z. */
export const someMs = toEpochMs(Date.UTC(2026, 10, 2, 10, 15));

/** @param startMs UTC */
export function aClock(startMs: EpochMs = someMs): SettableClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    set: (ms) => {
      nowMs = ms;
    },
  };
}
