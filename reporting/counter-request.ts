import { type Month, parseMonth, toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { type CounterPlatform, type CounterReport, type CounterReportId, toCounterReport } from "./counter.ts";
import { type CounterException, toCounterException } from "./counter-exceptions.ts";
import { parseCounterFilters } from "./counter-filters.ts";
import type { CounterStanding } from "./counter-service.ts";
import { refuseCounterCaller, toCounterRefusal } from "./counter-service.ts";

/** What an answer needs besides the request. */
export interface CounterFacts {
  readonly standing: CounterStanding;
  readonly institution: { readonly id: string; readonly name: string };
  readonly records: readonly RecordOfEngagement[];
  /** The month that it is now in the institution's zone. */
  readonly currentMonth: Month;
  /** RFC 3339, UTC, whole seconds. */
  readonly created: string;
  readonly platform: CounterPlatform;
}

/** An answer of the COUNTER API: a report, or a single exception. */
export interface CounterAnswer {
  readonly status: number;
  readonly body: CounterReport | CounterException;
}

const REQUIRED = ["customer_id", "requestor_id", "api_key", "begin_date", "end_date"] as const;

/**
 * Answers a request for a report. Pure: whoever calls has looked up the caller and the institution's records.
 *
 * Unknown parameters and filter values are ignored with an exception in the header; whatever prevents a report is
 * the one answer. An end in the current or a future month is moved to the month before.
 *
 * @see COUNTER 5.1, 8 and Appendix D
 */
export function toCounterAnswer(report: CounterReportId, query: URLSearchParams, facts: CounterFacts): CounterAnswer {
  const refused = refuseCounterCaller(query, REQUIRED, facts.standing);
  if (refused !== undefined) return refused;
  const begin = parseDate(query.get("begin_date") ?? "", "first");
  const end = parseDate(query.get("end_date") ?? "", "last");
  if (begin === undefined || end === undefined)
    return toCounterRefusal(
      "dates_invalid",
      "dates are yyyy-mm, or yyyy-mm-dd with the first and the last day of a month",
    );
  if (end < begin) return toCounterRefusal("dates_invalid", "end_date is before begin_date");
  if (begin >= facts.currentMonth)
    return toCounterRefusal("dates_invalid", "begin_date must lie before the current month");
  const last = toMonthOffset(facts.currentMonth, -1);
  const { filters, attributes, warnings: ignored } = parseCounterFilters(report, query, REQUIRED, facts.platform);
  const warnings = [...ignored];
  const isBeyond = end > last;
  if (isBeyond) warnings.push(toCounterException("not_ready", `requested to ${end}; months end with ${last}`));
  const order = {
    report,
    institution: facts.institution,
    begin,
    end: isBeyond ? last : end,
    filters,
    ...(attributes === undefined ? {} : { attributes }),
    created: facts.created,
    platform: facts.platform,
    warnings,
  };
  return { status: 200, body: toCounterReport(order, facts.records) };
}

/** The month of `yyyy-mm`, or of `yyyy-mm-dd` if the day is the month's first or last, as is asked for. */
function parseDate(text: string, edge: "first" | "last"): Month | undefined {
  const month = parseMonth(text.slice(0, 7));
  if (month === undefined || text.length === 7) return month;
  const [year = 0, number = 1] = month.split("-").map(Number);
  const day = edge === "first" ? 1 : new Date(Date.UTC(year, number, 0)).getUTCDate();
  return text === `${month}-${String(day).padStart(2, "0")}` ? month : undefined;
}
