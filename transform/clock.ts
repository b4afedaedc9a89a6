import type { Origin } from "../schemas/event.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { Verdict } from "../schemas/verdict.ts";

/** How far an event's time may lie from its receipt, and from now. All milliseconds. */
export interface ClockLimits {
  /** Older than this at receipt: `too_old`. Imports, and what a server of the site tells, are exempt. */
  readonly lateMsMax: number;
  /** Later than this after receipt: `in_future`. */
  readonly futureMsMax: number;
  /** Of a UTC day that is as many days ago as this, or more: `expired`. Whole days in milliseconds. Nothing is exempt. */
  readonly retentionMs: number;
}

const DAY_MS = 86_400_000;
/** Origins that no browser can claim: history, and lists that a server sends when it has them. */
const ANY_AGE: ReadonlySet<Origin> = new Set<Origin>(["import", "server"]);

/**
 * Keeps an event only if its corrected time is believable and may still be stored. A time shortly after the receipt
 * is a clock that runs ahead: it becomes the receipt.
 *
 * `expired` has no exemption: what the purge has removed must not come back with a late import. It goes by UTC days,
 * as the purge does, which lets go of a whole day when it is `retentionMs` ago.
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
  if (!ANY_AGE.has(origin) && atMs < receivedMs - lateMsMax) return { dropped: "too_old" };
  if (Math.floor(atMs / DAY_MS) <= Math.floor((nowMs - retentionMs) / DAY_MS)) return { dropped: "expired" };
  return { kept: toEpochMs(Math.min(atMs, receivedMs)) };
}
