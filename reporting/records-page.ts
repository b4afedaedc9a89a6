import { z } from "zod";
import { type Month, parseMonth, toEpochMs } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";
import { FROZEN_BODY_2 } from "./frozen-schema.ts";
import { readQuery } from "./query-files.ts";
import type { ListedRecord } from "./records.ts";

const month = z.string().transform((value, context) => {
  const parsed = parseMonth(value);
  if (parsed !== undefined) return parsed;
  context.addIssue("must be yyyy-mm");
  return z.NEVER;
});
const LISTED_ROW = z.object({
  partner: z.string(),
  month,
  version: z.number().int().min(1),
  reason: z.string(),
  closed_ms: z.coerce.number().int().transform(toEpochMs),
});

/** Which records are asked for, and how many. */
export interface RecordsAsked {
  readonly month?: Month | undefined;
  /** Only these Partner ids; all if absent. */
  readonly partners?: readonly string[] | undefined;
  /** Also those that were closed before their month was over. */
  readonly early: boolean;
  /** The last of the page before. */
  readonly after?: { readonly month: string; readonly partner: string } | undefined;
  readonly limit: number;
}

/** A page of what is closed, newest month first, then by Partner id. Throws WarehouseUnavailable, WarehouseRefused. */
export async function listRecordsPage(
  warehouse: Warehouse,
  { month, partners, early, after, limit }: RecordsAsked,
): Promise<readonly ListedRecord[]> {
  const rows = await warehouse.rows({
    sql: readQuery("records_page"),
    parameters: {
      month: month ?? "",
      early: early ? 1 : 0,
      all: partners === undefined ? 1 : 0,
      partners: partners ?? [],
      after_month: after?.month ?? "",
      after_partner: after?.partner ?? "",
      limit,
    },
  });
  return z.array(LISTED_ROW).parse(rows).map(toListed);
}

/**
 * Every version of a record, oldest first; none if the month is not closed for that Partner. Throws WarehouseUnavailable,
 * WarehouseRefused.
 *
 * @param early also those that were closed before the month was over
 */
export async function listVersions(
  warehouse: Warehouse,
  partner: string,
  month: Month,
  early: boolean,
): Promise<readonly ListedRecord[]> {
  const parameters = { partner, month, early: early ? 1 : 0 };
  const rows = await warehouse.rows({ sql: readQuery("record_versions"), parameters });
  return z.array(LISTED_ROW).parse(rows).map(toListed);
}

function toListed({ closed_ms, ...row }: z.infer<typeof LISTED_ROW>): ListedRecord {
  return { ...row, closed_at: new Date(closed_ms).toISOString() };
}

const COMPLETENESS_ROW = z.object({
  partner: z.string(),
  version: z.number().int(),
  closed_ms: z.coerce.number().int(),
  completeness: z.string(),
  how_counted: z.string(),
});

/** How complete one Partner's closed month is. */
export interface RecordCompleteness {
  readonly partner: string;
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly closed_at: string;
  /** Absent in what the first release closed. */
  readonly completeness: z.infer<typeof FROZEN_BODY_2.shape.completeness> | null;
  readonly how_counted: z.infer<typeof FROZEN_BODY_2.shape.how_counted>;
}

/** How complete a month is for those of some Partners who have a record of it. Throws as {@link listRecordsPage}. */
export async function readCompleteness(
  warehouse: Warehouse,
  month: Month,
  partners: readonly string[],
): Promise<readonly RecordCompleteness[]> {
  const rows = await warehouse.rows({ sql: readQuery("completeness"), parameters: { month, partners } });
  const { completeness, how_counted } = FROZEN_BODY_2.shape;
  return z
    .array(COMPLETENESS_ROW)
    .parse(rows)
    .map((row) => ({
      partner: row.partner,
      version: row.version,
      closed_at: new Date(row.closed_ms).toISOString(),
      completeness: row.completeness === "" ? null : completeness.parse(JSON.parse(row.completeness)),
      how_counted: how_counted.parse(JSON.parse(row.how_counted)),
    }));
}
