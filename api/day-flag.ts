import { UsageError } from "./command-io.ts";

/** A day that was given to a flag, `yyyy-mm-dd`, checked against the calendar. Throws UsageError. */
export function parseDayFlag(name: string, day: string): string {
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day)
    throw new UsageError(`Cannot use --${name} "${day}": it must be a day, yyyy-mm-dd.`);
  return day;
}
