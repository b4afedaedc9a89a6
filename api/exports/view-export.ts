import type { Month } from "../../schemas/ids.ts";
import { VIEWS, type ViewColumn, type ViewName } from "../../schemas/views.ts";

/** What a view is written as: ClickHouse's name of it. */
export const EXPORT_FORMATS = { arrow: "Arrow", parquet: "Parquet", csv: "CSVWithNames" } as const;

/** The name of such a format. */
export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** Whole days, UTC, `yyyy-mm-dd`; both are in it. */
export interface DaySpan {
  readonly from: string;
  readonly until: string;
}

/** What stands at the beginning of a text that a spreadsheet takes for a formula. */
const FORMULA = "^[=+\\\\-@\\\\t\\\\r\\\\n\uff1d\uff0b\uff0d\uff20]";

const SPANS = {
  day: "day BETWEEN {from:Date} AND {until:Date}",
  hour: "hour >= toDateTime({from:Date}, 'UTC') AND hour < toDateTime({until:Date} + 1, 'UTC')",
  month: "month BETWEEN left({from:String}, 7) AND left({until:String}, 7)",
} as const;

/** Beyond so many bytes of rows that are brought together, ClickHouse goes on on its disk: memory stays flat. */
const MEMORY_BYTES = 256 * 1024 ** 2;

/** Settings of an export's query, whatever the view. */
export const EXPORT_SETTINGS: Readonly<Record<string, string>> = {
  max_bytes_before_external_group_by: String(MEMORY_BYTES),
  max_execution_time: "600",
  date_time_output_format: "iso",
  // Not every reader of Arrow can undo lz4.
  output_format_arrow_compression_method: "none",
};

/** True if a view has rows of people. */
export function hasPeople(view: ViewName): boolean {
  const columns: readonly ViewColumn[] = VIEWS[view].columns;
  return columns.some(({ name }) => name === "pseudonym");
}

/** The days of a month, UTC. Pure. */
export function toMonthSpan(month: Month): DaySpan {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return { from: `${month}-01`, until: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}

/** True if a view says which Partner a row is of, so that some Partners' rows can be read alone. */
export function hasPartner(view: ViewName): boolean {
  const columns: readonly ViewColumn[] = VIEWS[view].columns;
  return columns.some(({ name }) => name === "partner");
}

/**
 * The query of an export, with the placeholders `from` and `until`, and `partners` if only theirs are wanted.
 *
 * As CSV, a text that a spreadsheet could take for a formula is prefixed with `'` (OWASP, "CSV injection"); the other
 * formats have the texts as they are. Pure.
 */
export function toExportQuery(view: ViewName, format: ExportFormat, isOfPartners = false): string {
  const columns: readonly ViewColumn[] = VIEWS[view].columns;
  const shown = columns.map(({ name, type }) => {
    const isText = /^(?:LowCardinality\()?String/.test(type);
    if (format !== "csv" || !isText) return `shown.${name} AS ${name}`;
    return `if(match(shown.${name}, '${FORMULA}'), concat('\\'', shown.${name}), shown.${name}) AS ${name}`;
  });
  const theirs = isOfPartners ? " AND partner IN {partners:Array(String)}" : "";
  return `SELECT ${shown.join(", ")} FROM (SELECT * FROM ${view} WHERE ${SPANS[VIEWS[view].span]}${theirs}) AS shown`;
}
