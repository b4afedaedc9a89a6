import { type EpochMs, type Month, toMonthOffset } from "../schemas/ids.ts";
import { toDayBeginMs } from "../schemas/zone.ts";

const DAY_MS = 86_400_000;

/** A calendar month in one zone. */
export interface MonthSpan {
  /** First instant of the 1st, UTC. */
  readonly beginMs: EpochMs;
  /** First instant of the 1st of the same month a year before, UTC. */
  readonly earlierMs: EpochMs;
  /** First instant of the next month, UTC: not in the month. */
  readonly endMs: EpochMs;
  /** 00:00 on the 1st as a clock in the zone shows it, in milliseconds as if that clock were UTC. */
  readonly beginWallMs: number;
  readonly days: number;
  /** Weekday of the 1st, 0 = Monday. */
  readonly firstWeekday: number;
  /** `yyyy-mm-dd`, both inclusive. */
  readonly firstDay: string;
  readonly lastDay: string;
}

function toWallMs(month: Month): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}

/**
 * The borders of a month in a zone: its midnights (COUNTER speaks of transaction dates; the zone is ours, each
 * Partner's own). Exact where clocks change. Pure apart from a cache. Throws RangeError if the zone is not known.
 */
export function toMonthSpan(month: Month, zone: string): MonthSpan {
  const beginWallMs = toWallMs(month);
  const endWallMs = toWallMs(toMonthOffset(month, 1));
  const days = Math.round((endWallMs - beginWallMs) / DAY_MS);
  return {
    beginMs: toDayBeginMs(zone, beginWallMs),
    earlierMs: toDayBeginMs(zone, toWallMs(toMonthOffset(month, -12))),
    endMs: toDayBeginMs(zone, endWallMs),
    beginWallMs,
    days,
    firstWeekday: (new Date(beginWallMs).getUTCDay() + 6) % 7,
    firstDay: `${month}-01`,
    lastDay: `${month}-${String(days).padStart(2, "0")}`,
  };
}
