import { FIGURE_NAMES } from "../schemas/figures.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { DROP_REASON_NAMES } from "../schemas/verdict.ts";

/** Every key of a record, in the order in which it is written, whatever object it is in. */
const KEYS: readonly string[] = [
  ...["schema", "partner", "month", "version", "reason", "closed_at", "period", "begin", "end"],
  ...["id", "path", "dept", "term", "title", "type", "kind", "date", "name", "group"],
  ...["seats", "fee", "zone", "contract_start", "contract_end"],
  "figures",
  ...FIGURE_NAMES,
  ...["newcomers", "new_people", "returning_people"],
  ...["engaged", "engaged_ms", "engaged_people", "agreed_people", "feedback", "responses", "average"],
  ...["value", "utilisation", "share", "exceeds_seats", "cost_per_use", "amount", "fee_share", "currency"],
  ...["peers", "peers_absence", "figure", "partners", "lower_quartile", "median", "upper_quartile", "absence"],
  ...["previous", "trend", "year", "basis", "from", "months", "missing", "same_month_last_year"],
  ...["top_resources", "by_kind", "by_topic", "top_pages", "departments", "searches", "events"],
  ...["weekday_hours", "days", "uniqueRequests", "totalRequests", "uniqueInvestigations", "totalInvestigations"],
  ...["views", "actions", "attendees", "people"],
  ...["how_counted", "received", "dropped", ...DROP_REASON_NAMES, "double_clicks", "counted"],
  ...["counted_by_purpose", "engagement", "behaviour"],
  ...["completeness", "provisional", "days_with_data", "silent_days", "late_hours_max", "attended_minutes_min"],
  ...["received_since_first_close", "not_counted", "people_min"],
];
const RANK = new Map(KEYS.map((key, index) => [key, index]));

/**
 * The record as JSON text: the same object that the PDF and the CSV are made from.
 *
 * UTF-8, indented by two, keys in a fixed order and a line break at the end, so that equal records are equal files
 * and two versions can be compared line by line. A withheld cell is `null`. Pure.
 */
export function toJson(record: RecordOfEngagement): string {
  return `${JSON.stringify(record, toOrdered, 2)}\n`;
}

function toOrdered(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const rank = (key: string) => RANK.get(key) ?? KEYS.length;
  // The sort is stable: a key that is not listed keeps its place after all that are.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)));
}
