import type { Origin } from "../schemas/event.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { Verdict } from "../schemas/verdict.ts";

/** How far an event's time may lie from its receipt, and from now. All milliseconds. */
export interface ClockLimits {
  /** Older than this at receipt: `too_old`. Imports are exempt. */
  readonly lateMsMax: number;
  /** Later than this after receipt: `in_future`. */
  readonly futureMsMax: number;
  /** Older than this now: `expired`. Nothing is exempt. */
  readonly retentionMs: number;
}

/**
 * Keeps an event only if its corrected time is believable and may still be stored. A time shortly after the receipt
 * is a clock that runs ahead: it becomes the receipt.
 *
 * `expired` has no exemption: what the purge has removed must not come back with a late import.
 * Pure.
 *
 * @param atMs corrected time of the event, UTC; any finite number
 * @param receivedMs server receipt, UTC
 * @param nowMs processing time, UTC
 * @see GDPR Art. 5(1)(e), storage limitation; COUNTER 5.1, 7.2 needs times that can be compared
 */
export function dropOutsideClock(
  { atMs, receivedMs, origin }: { readonly atMs: EpochMs; readonly receivedMs: EpochMs; readonly origin: Origin },
  { lateMsMax, futureMsMax, retentionMs }: ClockLimits,
  nowMs: EpochMs,
): Verdict<EpochMs> {
  if (atMs > receivedMs + futureMsMax) return { dropped: "in_future" };
  if (origin !== "import" && atMs < receivedMs - lateMsMax) return { dropped: "too_old" };
  if (atMs < nowMs - retentionMs) return { dropped: "expired" };
  return { kept: toEpochMs(Math.min(atMs, receivedMs)) };
}
