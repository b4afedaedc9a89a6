import type { Month } from "../schemas/ids.ts";
import type { Cell, RecordOfEngagement, UseRow } from "../schemas/record.ts";
import { type DataType, toDataType } from "./counter-data-types.ts";

/** Metric_Types of items, in the order of the Code. */
export const ITEM_METRICS = [
  "Total_Item_Investigations",
  "Total_Item_Requests",
  "Unique_Item_Investigations",
  "Unique_Item_Requests",
] as const;

/** Every Metric_Type that Roebuck counts. Unique_Title metrics are for books only, so there are none. */
export const COUNTER_METRICS = ["Searches_Platform", ...ITEM_METRICS] as const;

/** The name of a metric. */
export type CounterMetric = (typeof COUNTER_METRICS)[number];

const CELLS = {
  Total_Item_Investigations: "totalInvestigations",
  Total_Item_Requests: "totalRequests",
  Unique_Item_Investigations: "uniqueInvestigations",
  Unique_Item_Requests: "uniqueRequests",
} as const satisfies Record<(typeof ITEM_METRICS)[number], keyof UseRow>;

/** Which Metric_Types a report can be asked for: searches are made on the platform, never on an item. */
export const REPORT_METRICS = { PR: COUNTER_METRICS, IR: ITEM_METRICS } as const;

/** The item of an Item Report. */
export interface CounterItem {
  readonly id: string;
  readonly title: string;
}

/** One count of a report: more than zero. */
export interface CounterUsage {
  readonly item: CounterItem | null;
  readonly dataType: DataType | "Platform";
  readonly metric: CounterMetric;
  readonly month: Month;
  readonly count: number;
}

/**
 * The counts of a month for a Platform Report. They add up to the record's totals: what the record shows of no kind
 * (withheld, or not listed) is `Unspecified`, as a remainder that anyone can work out from the record.
 */
export function toPlatformUsage(record: RecordOfEngagement): CounterUsage[] {
  const { month, figures } = record;
  const searches = toUsage(null, "Platform", "Searches_Platform", month, figures.Searches_Platform);
  const kinds = record.by_kind.flatMap((row) => toRowUsage(null, toDataType(row.id), row, month));
  const rest = ITEM_METRICS.flatMap((metric) =>
    toUsage(null, "Unspecified", metric, month, figures[metric] - toSum(kinds, metric)),
  );
  return [...searches, ...kinds, ...rest];
}

/** The counts of a month for an Item Report. Withheld rows are left out. */
export function toItemUsage(record: RecordOfEngagement): CounterUsage[] {
  return record.top_resources.flatMap((row) =>
    toRowUsage({ id: row.id, title: row.title }, toDataType(row.type), row, record.month),
  );
}

/** What a metric adds up to. */
export function toSum(usage: readonly CounterUsage[], metric: CounterMetric): number {
  return usage.reduce((sum, one) => (one.metric === metric ? sum + one.count : sum), 0);
}

function toRowUsage(item: CounterItem | null, dataType: DataType, row: UseRow, month: Month): CounterUsage[] {
  return ITEM_METRICS.flatMap((metric) => toUsage(item, dataType, metric, month, row[CELLS[metric]]));
}

function toUsage(
  item: CounterItem | null,
  dataType: DataType | "Platform",
  metric: CounterMetric,
  month: Month,
  count: Cell,
): CounterUsage[] {
  return count === null || count <= 0 ? [] : [{ item, dataType, metric, month, count }];
}
