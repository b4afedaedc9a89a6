import { type EpochMs, type Month, toMonthOffset } from "../schemas/ids.ts";

/** Months after which a close that never ran is left to an operator. */
const MISSED_MAX = 12;
/** The zone that is last to leave a month is 12 hours behind UTC. */
const LAST_ZONE_HOURS = 12;

/**
 * The months that are due to be closed by themselves, oldest first.
 *
 * A month is due from the close day of the next month on (UTC), so that late events are in; on the 1st not before noon,
 * when it is over in every zone on earth. If closes have run before, all that were missed since are due, a year's at
 * most; otherwise only the last month. Pure.
 *
 * @param closeDay day of the month, 1-28; 0 means never
 * @param closed months that a close has run for
 */
export function planCloses(nowMs: EpochMs, closeDay: number, closed: readonly Month[]): readonly Month[] {
  if (closeDay === 0) return [];
  const now = new Date(nowMs);
  const current = now.toISOString().slice(0, 7) as Month; // yyyy-mm of an instant
  const isDue = now.getUTCDate() >= closeDay && now.getUTCDate() * 24 + now.getUTCHours() >= 24 + LAST_ZONE_HOURS;
  const latest = toMonthOffset(current, isDue ? -1 : -2);
  const newest = closed
    .filter((month) => month <= latest)
    .reduce<Month | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
  if (newest === undefined) return [latest];
  const due: Month[] = [];
  for (let month = latest; month > newest && due.length < MISSED_MAX; month = toMonthOffset(month, -1))
    due.unshift(month);
  return due;
}
