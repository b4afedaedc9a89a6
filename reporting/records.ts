import { z } from "zod";
import { type Month, parseMonth, toEpochMs, toMonthOffset } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";
import { LATER_PARTS, type RecordOfEngagement } from "../schemas/record.ts";
import { parseBody, parseFigures } from "./frozen.ts";
import { toMonthSpan } from "./month.ts";
import { readQuery } from "./query-files.ts";
import { toValue } from "./value.ts";
import { toYearToDate } from "./year.ts";

/** Most closed months in the trend, the record's own included: a year and the same month of the year before. */
const TREND_MONTHS_MAX = 13;

const month = z.string().transform((value, context) => {
  const parsed = parseMonth(value);
  if (parsed !== undefined) return parsed;
  context.addIssue("must be yyyy-mm");
  return z.NEVER;
});
/** 64-bit integers come as text. */
const instant = z.coerce.number().int().transform(toEpochMs);

const VERSION_ROW = z.object({
  month,
  version: z.number().int().min(1),
  reason: z.string(),
  closed_ms: instant,
  body: z.string(),
});
type VersionRow = z.infer<typeof VERSION_ROW>;

/** A stored version of a month as the warehouse answers it; {@link parseRecord} checks it. */
export type StoredRow = z.input<typeof VERSION_ROW>;

const LISTED_ROW = VERSION_ROW.omit({ body: true }).extend({ partner: z.string() });

/** One closed month of one Partner, without its figures. */
export interface ListedRecord {
  readonly partner: string;
  readonly month: Month;
  /** The latest. */
  readonly version: number;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly closed_at: string;
}

/**
 * The record of a closed month, put together from frozen figures alone: it needs no raw rows and outlives them.
 *
 * Other months, for the trend and the comparison, are taken in their latest version.
 *
 * @param version the latest if absent
 * @returns undefined if the month is not closed for that Partner, or has no such version
 * @throws WarehouseUnavailable, WarehouseRefused; Error if a stored row is none of ours
 */
export async function readRecord(
  warehouse: Warehouse,
  month: Month,
  partner: string,
  version?: number,
): Promise<RecordOfEngagement | undefined> {
  const rows = await warehouse.rows({
    sql: readQuery("record"),
    parameters: { partner, month, from_month: toMonthOffset(month, 1 - TREND_MONTHS_MAX) },
  });
  return parseRecord(rows, month, version);
}

/**
 * What the records of a closed month are put together from, for many Partners in one query: by Partner, the versions
 * of the months of its trend, oldest first. A Partner whose month is not closed has its earlier months only, or nothing.
 *
 * The rows are not checked here, so that one that is damaged holds up no other Partner: {@link parseRecord} does.
 * Throws WarehouseUnavailable, WarehouseRefused.
 */
export async function readStoredRows(
  warehouse: Warehouse,
  month: Month,
  partners: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredRow[]>> {
  const rows = await warehouse.rows<StoredRow & { readonly partner: string }>({
    sql: readQuery("records_of_partners"),
    parameters: { partners, month, from_month: toMonthOffset(month, 1 - TREND_MONTHS_MAX) },
  });
  return Map.groupBy(rows, ({ partner }) => partner);
}

/**
 * Checks stored rows and puts the record of `month` together from them; undefined if it is not among them. Pure.
 *
 * @param rows all of one Partner, oldest first
 * @param version the latest if absent
 * @throws Error if a row is none of ours
 */
export function parseRecord(rows: unknown, month: Month, version?: number): RecordOfEngagement | undefined {
  return toRecord(z.array(VERSION_ROW).parse(rows), month, version);
}

/** Puts a record together from all versions of the months up to its own, oldest first. Pure. */
function toRecord(
  rows: readonly VersionRow[],
  month: Month,
  version: number | undefined,
): RecordOfEngagement | undefined {
  const row = rows.findLast((other) => other.month === month && (version === undefined || other.version === version));
  if (row === undefined) return undefined;
  const { v, partner, people_min, peers, ...frozen } = parseBody(row.body);
  const months = [...Map.groupBy(rows, (other) => other.month)].map(([name, versions]) => ({
    month: name,
    figures: name === month ? frozen.figures : parseFigures((versions.at(-1) ?? row).body),
  }));
  const span = toMonthSpan(month, partner.zone);
  const period = { begin: span.firstDay, end: span.lastDay };
  const first = rows.find((other) => other.month === month) ?? row;
  return {
    schema: "roebuck.record/2",
    partner,
    month,
    version: row.version,
    reason: row.reason,
    closed_at: new Date(row.closed_ms).toISOString(),
    period,
    ...frozen,
    previous: months.find((other) => other.month === toMonthOffset(month, -1))?.figures ?? null,
    trend: months,
    year: toYearToDate(month, partner.contract_start, months),
    value: toValue(partner, frozen.figures, period, peers, v !== 1),
    received_since_first_close: frozen.how_counted.received - parseBody(first.body).how_counted.received,
    not_counted: v === 1 ? LATER_PARTS : [],
    people_min,
  };
}

/** What is closed, newest month first, then by Partner id. Throws as {@link readRecord}. */
export async function listRecords(warehouse: Warehouse, month?: Month): Promise<readonly ListedRecord[]> {
  return parseListed(await warehouse.rows({ sql: readQuery("records"), parameters: { month: month ?? "" } }));
}

/**
 * What a Partner's Link Officers may see, newest month first: a month that was closed before it was over is never handed
 * out. Throws as {@link readRecord}.
 */
export async function listIssuedRecords(warehouse: Warehouse, partner: string): Promise<readonly ListedRecord[]> {
  return parseListed(await warehouse.rows({ sql: readQuery("records_issued"), parameters: { partner } }));
}

function parseListed(rows: unknown): readonly ListedRecord[] {
  return z
    .array(LISTED_ROW)
    .parse(rows)
    .map(({ closed_ms, ...row }) => ({ ...row, closed_at: new Date(closed_ms).toISOString() }));
}
