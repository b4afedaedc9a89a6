import { type Month, toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { type CounterException, toCounterException } from "./counter-exceptions.ts";
import {
  type CounterMetric,
  type CounterUsage,
  ITEM_METRICS,
  toItemUsage,
  toPlatformUsage,
  toSum,
} from "./counter-usage.ts";
import { toPlainText } from "./words.ts";

/** The reports that Roebuck makes, by Report_ID. */
export const COUNTER_REPORTS = { PR: "Platform Report", IR: "Item Report" } as const;

/** A Report_ID. */
export type CounterReportId = keyof typeof COUNTER_REPORTS;

/** Who reports: `id` is the namespace of our own ids (letters and digits), `registry` empty where there is no record. */
export interface CounterPlatform {
  readonly id: string;
  readonly name: string;
  readonly registry: string;
}

/** The platform where nothing else is said. */
export const ROEBUCK_PLATFORM: CounterPlatform = { id: "roebuck", name: "Roebuck", registry: "" };

/** Which usage a report is to tell of; all where a filter is absent. No list is empty. */
export interface CounterFilters {
  readonly metrics?: readonly CounterMetric[];
  readonly dataTypes?: readonly string[];
  /** Nothing is harvested by machines (TDM) here: whatever is counted is `Regular`. */
  readonly accessMethods?: readonly ("Regular" | "TDM")[];
  /** An Item_ID as the report has it, `namespace:id`. For IR alone. */
  readonly itemId?: string;
  readonly platform?: string;
}

/** What stands beside the counts, as the header says it. */
export interface CounterAttributes {
  readonly Attributes_To_Show?: readonly "Access_Method"[];
  readonly Granularity?: "Month";
}

/** What a report is asked for. */
export interface CounterOrder {
  readonly report: CounterReportId;
  readonly institution: { readonly id: string; readonly name: string };
  readonly begin: Month;
  readonly end: Month;
  readonly filters?: CounterFilters;
  /** None if absent: then the usage is rolled up over the access methods. */
  readonly attributes?: CounterAttributes;
  /** RFC 3339, UTC, whole seconds. */
  readonly created: string;
  readonly platform: CounterPlatform;
  /** What was wrong with the request and could be ignored. */
  readonly warnings?: readonly CounterException[];
}

/** Counts by month (`yyyy-mm`), by metric. Positive whole numbers only. */
export type Performance = Readonly<Partial<Record<CounterMetric, Readonly<Record<string, number>>>>>;

interface AttributePerformance {
  readonly Data_Type: string;
  /** Absent where it is not asked for. */
  readonly Access_Method?: "Regular";
  readonly Performance: Performance;
}

/** One entry of the body: the platform, or an item on it. */
export interface CounterReportItem {
  readonly Item?: string;
  readonly Publisher?: string;
  readonly Publisher_ID?: { readonly Proprietary: readonly string[] };
  readonly Platform: string;
  readonly Item_ID?: { readonly Proprietary: string };
  readonly Attribute_Performance: readonly AttributePerformance[];
}

/** A report of COUNTER 5.1 as its JSON has it. */
export interface CounterReport {
  readonly Report_Header: {
    readonly Report_Name: string;
    readonly Report_ID: CounterReportId;
    readonly Release: "5.1";
    readonly Institution_Name: string;
    readonly Institution_ID: { readonly Proprietary: readonly string[] };
    readonly Report_Filters: {
      readonly Metric_Type?: readonly string[];
      readonly Data_Type?: readonly string[];
      readonly Access_Method?: readonly ("Regular" | "TDM")[];
      readonly Item_ID?: string;
      readonly Platform?: string;
      readonly Begin_Date: string;
      readonly End_Date: string;
    };
    readonly Report_Attributes?: CounterAttributes;
    readonly Exceptions?: readonly CounterException[];
    readonly Created: string;
    readonly Created_By: string;
    readonly Registry_Record: string;
  };
  /** Items stand below their parent, which is empty because resources have none; the platform stands by itself. */
  readonly Report_Items: readonly (CounterReportItem | CounterParent)[];
}

/** All items with the same parent. A resource has none, so there is one of these, which says nothing of itself. */
export interface CounterParent {
  readonly Items: readonly CounterReportItem[];
}

/** The platform or the items of a report, wherever they stand in it. */
export function toFlatItems(report: CounterReport): readonly CounterReportItem[] {
  return report.Report_Items.flatMap((one) => ("Items" in one ? one.Items : [one]));
}

/**
 * A Platform or Item Report from closed records. Months without a record are left out and named in an exception, as
 * is what the records withhold. Pure.
 *
 * @param records of the institution, any months, at most one for each
 * @see COUNTER 5.1, 3.2, 4.1, 4.4, 5.1 (minimal JSON) and 3.3.9 (no zeros)
 */
export function toCounterReport(order: CounterOrder, records: readonly RecordOfEngagement[]): CounterReport {
  const months = toMonths(order.begin, order.end);
  const closed = records.filter(({ month }) => months.includes(month)).toSorted((a, b) => (a.month < b.month ? -1 : 1));
  const toMonthUsage = order.report === "PR" ? toPlatformUsage : toItemUsage;
  const usage = closed.flatMap(toMonthUsage).filter((one) => isAskedFor(order, one));
  const exceptions = [...(order.warnings ?? []), ...toExceptions(order, months, closed, records, usage)];
  const { platform } = order;
  return {
    Report_Header: {
      Report_Name: COUNTER_REPORTS[order.report],
      Report_ID: order.report,
      Release: "5.1",
      Institution_Name: toPlainText(order.institution.name) || order.institution.id,
      Institution_ID: { Proprietary: [`${platform.id}:${order.institution.id}`] },
      Report_Filters: {
        ...toFilters(order.filters),
        Begin_Date: `${order.begin}-01`,
        End_Date: toLastDay(order.end),
      },
      ...(order.attributes === undefined ? {} : { Report_Attributes: order.attributes }),
      ...(exceptions.length === 0 ? {} : { Exceptions: exceptions }),
      Created: order.created,
      Created_By: platform.name,
      Registry_Record: platform.registry,
    },
    Report_Items: toBody(order.report, toItems(usage, order)),
  };
}

/** The report as JSON text: UTF-8 without a mark and without white space, as the Code asks. */
export function toCounterJson(report: CounterReport): string {
  return JSON.stringify(report);
}

/** All months from `begin` to `end`, both included; none if `end` is earlier. */
export function toMonths(begin: Month, end: Month): Month[] {
  const months: Month[] = [];
  for (let month = begin; month <= end; month = toMonthOffset(month, 1)) months.push(month);
  return months;
}

function toFilters({ metrics, dataTypes, accessMethods, itemId, platform }: CounterFilters = {}) {
  return {
    ...(metrics === undefined ? {} : { Metric_Type: metrics }),
    ...(dataTypes === undefined ? {} : { Data_Type: dataTypes }),
    ...(accessMethods === undefined ? {} : { Access_Method: accessMethods }),
    ...(itemId === undefined ? {} : { Item_ID: itemId }),
    ...(platform === undefined ? {} : { Platform: platform }),
  };
}

function isAskedFor({ filters = {}, platform }: CounterOrder, { metric, dataType, item }: CounterUsage): boolean {
  const { metrics, dataTypes, accessMethods, itemId } = filters;
  return (
    (metrics?.includes(metric) ?? true) &&
    (dataTypes?.includes(dataType) ?? true) &&
    (accessMethods?.includes("Regular") ?? true) &&
    (itemId === undefined || item === null || itemId === `${platform.id}:${item.id}`)
  );
}

/** @see COUNTER 5.1, 5.1: all items with the same parent in one object, which has `Items` alone where there is none */
function toBody(report: CounterReportId, items: readonly CounterReportItem[]): CounterReport["Report_Items"] {
  return report === "PR" || items.length === 0 ? items : [{ Items: items }];
}

function toItems(usage: readonly CounterUsage[], { platform, attributes }: CounterOrder): CounterReportItem[] {
  const isMethodShown = attributes?.Attributes_To_Show?.includes("Access_Method") ?? false;
  return [...Map.groupBy(usage, ({ item }) => item?.id)].map(([id, ofItem]) => {
    const performance = [...Map.groupBy(ofItem, ({ dataType }) => dataType)].map(([dataType, ofType]) => ({
      Data_Type: dataType,
      ...(isMethodShown ? { Access_Method: "Regular" as const } : {}),
      Performance: toPerformance(ofType),
    }));
    const body = { Platform: platform.name, Attribute_Performance: performance };
    if (id === undefined) return body;
    return {
      Item: toPlainText(ofItem.at(-1)?.item?.title ?? "") || id,
      Publisher: platform.name,
      Publisher_ID: { Proprietary: [`${platform.id}:${platform.id}`] },
      Platform: body.Platform,
      Item_ID: { Proprietary: `${platform.id}:${id}` },
      Attribute_Performance: performance,
    };
  });
}

/** Several kinds may be one Data_Type, so counts of one month add up. */
function toPerformance(usage: readonly CounterUsage[]): Performance {
  const metrics: Partial<Record<CounterMetric, Record<string, number>>> = {};
  for (const { metric, month, count } of usage) {
    const months = metrics[metric] ?? {};
    months[month] = (months[month] ?? 0) + count;
    metrics[metric] = months;
  }
  return metrics;
}

function toExceptions(
  order: CounterOrder,
  months: readonly Month[],
  closed: readonly RecordOfEngagement[],
  records: readonly RecordOfEngagement[],
  usage: readonly CounterUsage[],
): CounterException[] {
  const first = records.map(({ month }) => month).toSorted()[0];
  const absent = months.filter((month) => !closed.some((record) => record.month === month));
  const early = absent.filter((month) => first !== undefined && month < first);
  const open = absent.filter((month) => !early.includes(month));
  const isAnyAskedFor = order.filters?.accessMethods?.includes("Regular") ?? true; // what is withheld is Regular too
  const few = closed.filter((record) => isAnyAskedFor && hasHidden(order.report, record)).map(({ month }) => month);
  const exceptions: CounterException[] = [];
  if (absent.length === 0 && usage.length === 0 && few.length === 0) exceptions.push(toCounterException("no_usage"));
  if (open.length > 0) exceptions.push(toCounterException("not_ready", `months not closed: ${open.join(", ")}`));
  if (early.length > 0) exceptions.push(toCounterException("no_longer_available", `first month available: ${first}`));
  if (few.length > 0) exceptions.push(toHidden(order.report, few));
  return exceptions;
}

function toHidden(report: CounterReportId, months: readonly Month[]): CounterException {
  const list = months.join(", ");
  return report === "PR"
    ? toCounterException("classified_less", list)
    : toCounterException(
        "partial",
        `items that describe few people are left out, and of months closed by an earlier release those beyond the 20 most used; the Platform Report counts them: ${list}`,
      );
}

function hasHidden(report: CounterReportId, record: RecordOfEngagement): boolean {
  if (report === "PR") return record.by_kind.some((row) => row.people === null);
  const usage = toItemUsage(record);
  return ITEM_METRICS.some((metric) => toSum(usage, metric) < record.figures[metric]);
}

function toLastDay(month: Month): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}
