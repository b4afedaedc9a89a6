import { describe, expect, it } from "vitest";
import { toYearToDate } from "../../../reporting/year.ts";
import { type Month, toMonthOffset } from "../../../schemas/ids.ts";
import { NO_FIGURES, OCTOBER } from "../../fixtures/a-record.ts";

/** Closed months up to October 2026; each has as many page views as months lie after it, plus 1. */
function closedMonths(count: number, without: readonly string[] = []) {
  return Array.from({ length: count }, (_, index) => ({
    month: toMonthOffset(OCTOBER, index - count + 1),
    figures: { ...NO_FIGURES, page_views: count - index, active_people: 9 },
  })).filter(({ month }) => !without.includes(month));
}

describe("toYearToDate()", () => {
  it.each([
    ["2025-04-01", "contract year", "2026-04", 7],
    ["2026-10-01", "contract year", "2026-10", 1],
    ["2026-10-31", "contract year", "2026-10", 1],
    ["2020-11-15", "contract year", "2025-11", 12],
    ["2024-02-29", "contract year", "2026-02", 9],
    ["2026-11-01", "calendar year", "2026-01", 10],
    [null, "calendar year", "2026-01", 10],
  ])("of a contract from %s is a %s from %s on, of %i months", (start, basis, from, months) => {
    const year = toYearToDate(OCTOBER, start, closedMonths(13));
    expect(year).toMatchObject({ basis, from, missing: [] });
    expect(year.months).toHaveLength(months);
    expect(year.months[0]).toBe(from);
    expect(year.figures.page_views).toBe((months * (months + 1)) / 2);
  });

  it("names the months that were never closed, and sums the rest", () => {
    const year = toYearToDate(OCTOBER, "2026-07-01", closedMonths(13, ["2026-08"]));
    expect(year.missing).toEqual(["2026-08"]);
    expect(year.figures.page_views).toBe(1 + 2 + 4);
  });

  it("never sums active people", () => {
    expect(toYearToDate(OCTOBER, null, closedMonths(13)).figures).not.toHaveProperty("active_people");
  });

  it("puts the same month of the year before beside it, if it is closed", () => {
    expect(toYearToDate(OCTOBER, null, closedMonths(13)).same_month_last_year?.page_views).toBe(13);
    expect(toYearToDate(OCTOBER, null, closedMonths(12)).same_month_last_year).toBeNull();
  });

  it("is a sum over the year's border, too", () => {
    const january = "2026-01" as Month; // a constant that parseMonth would accept
    const closed = closedMonths(13).filter(({ month }) => month <= january);
    expect(toYearToDate(january, "2020-11-01", closed).months).toEqual(["2025-11", "2025-12", "2026-01"]);
  });
});
