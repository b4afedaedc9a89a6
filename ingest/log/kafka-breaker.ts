/**
 * Whether appends are tried now. `closed`: all are; `open`: none until `untilMs`; `probing`: one is under way, and
 * those that come wait for its outcome. Times are of a monotonic clock, ms.
 */
export type Breaker =
  | { readonly state: "closed"; readonly failures: number }
  | { readonly state: "open"; readonly untilMs: number; readonly waitMs: number }
  | { readonly state: "probing"; readonly waitMs: number };

/** What happened. `random` is from 0 up to, not including, 1. */
export type BreakerEvent =
  | { readonly what: "tried" }
  | { readonly what: "succeeded" }
  | { readonly what: "failed"; readonly nowMs: number; readonly random: number };

/** When the breaker opens and for how long: the wait doubles from the first to the longest. */
export interface BreakerLimits {
  readonly failuresMax: number;
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
}

/** A breaker that lets everything through. */
export const CLOSED_BREAKER: Breaker = { state: "closed", failures: 0 };

/** Whether an append may be tried at `nowMs`. Pure. */
export function allowsTry(breaker: Breaker, nowMs: number): boolean {
  return breaker.state !== "open" || nowMs >= breaker.untilMs;
}

/** The breaker after an event. Pure. The wait is shortened by up to half by chance, so that many do not probe together. */
export function reduceBreaker(breaker: Breaker, event: BreakerEvent, limits: BreakerLimits): Breaker {
  switch (event.what) {
    case "tried":
      return breaker.state === "open" ? { state: "probing", waitMs: breaker.waitMs } : breaker;
    case "succeeded":
      return CLOSED_BREAKER;
    case "failed": {
      if (breaker.state === "closed" && breaker.failures + 1 < limits.failuresMax) {
        return { state: "closed", failures: breaker.failures + 1 };
      }
      const waitMs = breaker.state === "closed" ? limits.firstWaitMs : Math.min(breaker.waitMs * 2, limits.waitMsMax);
      return { state: "open", untilMs: event.nowMs + waitMs * (1 - event.random / 2), waitMs };
    }
  }
}
