import { ADDITIVE_NAMES, type AdditiveName } from "../schemas/figures.ts";
import { type Month, toMonthOffset } from "../schemas/ids.ts";
import type { TrendMonth, YearToDate } from "../schemas/record.ts";

/**
 * A month within its contract year, from closed records alone: they outlive the raw rows. Pure.
 *
 * The year begins with the month of the contract's last anniversary, whole, or without a date that has come with
 * January. What counts different people does not add up over months and is left out.
 *
 * @param contractStart `yyyy-mm-dd`, or `null` if not recorded
 * @param closed closed months up to and including `month`, a year back at least, oldest first
 */
export function toYearToDate(month: Month, contractStart: string | null, closed: readonly TrendMonth[]): YearToDate {
  const isContract = contractStart !== null && contractStart.slice(0, 7) <= month;
  const begins = isContract ? contractStart.slice(5, 7) : "01";
  const months = Array.from({ length: toMonthsSince(month, begins) + 1 }, (_, back) => toMonthOffset(month, -back));
  const inYear = closed.filter((one) => months.includes(one.month));
  const sum = (name: AdditiveName) => inYear.reduce((total, { figures }) => total + figures[name], 0);
  return {
    basis: isContract ? "contract year" : "calendar year",
    from: months.at(-1) ?? month,
    months: inYear.map((one) => one.month),
    missing: months.filter((one) => !inYear.some((other) => other.month === one)).reverse(),
    // One entry for each additive name.
    figures: Object.fromEntries(ADDITIVE_NAMES.map((name) => [name, sum(name)])) as Record<AdditiveName, number>,
    same_month_last_year: closed.find((one) => one.month === toMonthOffset(month, -12))?.figures ?? null,
  };
}

/** Months from the last month of that number (`01` to `12`) up to `month`; 0 if it is the month itself. */
function toMonthsSince(month: Month, number: string): number {
  return (Number(month.slice(5, 7)) - Number(number) + 12) % 12;
}
