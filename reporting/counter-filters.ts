import type { CounterAttributes, CounterFilters, CounterPlatform, CounterReportId } from "./counter.ts";
import { ITEM_DATA_TYPES } from "./counter-data-types.ts";
import { type CounterException, type CounterExceptionName, toCounterException } from "./counter-exceptions.ts";
import { REPORT_METRICS } from "./counter-usage.ts";

/** What a request narrows a report to, and what of it could not be heeded. */
export interface CounterWishes {
  readonly filters: CounterFilters;
  /** Absent if nothing is asked for. */
  readonly attributes: CounterAttributes | undefined;
  readonly warnings: readonly CounterException[];
}

/** Filters and attributes that the records can answer exactly. Others (`yop`, `access_type`, ...) are not known of the resources. */
const PARAMETERS = {
  PR: ["platform", "metric_type", "data_type", "access_method", "attributes_to_show", "granularity"],
  IR: ["platform", "metric_type", "data_type", "access_method", "attributes_to_show", "granularity", "item_id"],
} as const satisfies Record<CounterReportId, readonly string[]>;
const ACCESS_METHODS = ["Regular", "TDM"] as const;
const ATTRIBUTES = ["Access_Method"] as const;
/** Counts without months are optional in the Code: records are of months. */
const GRANULARITIES = ["Month"] as const;

/**
 * Reads filters and attributes of a request. What is not known is ignored and told: a parameter with 3050, the value of a
 * filter with 3060, that of an attribute with 3062. Values are told apart by `|` and by case. Pure.
 *
 * @param required parameters that every request has
 * @see COUNTER 5.1, 8.3 and Appendix D
 */
export function parseCounterFilters(
  report: CounterReportId,
  query: URLSearchParams,
  required: readonly string[],
  platform: CounterPlatform,
): CounterWishes {
  const known: readonly string[] = [...required, ...PARAMETERS[report]];
  const unknown = [...new Set(query.keys())].filter((name) => !known.includes(name));
  const dataTypes = report === "PR" ? [...ITEM_DATA_TYPES, "Platform"] : ITEM_DATA_TYPES;
  const read = <Value extends string>(name: string, values: readonly Value[], fault: CounterExceptionName) =>
    toKnown(query, name, values, fault);
  const metric = read("metric_type", REPORT_METRICS[report], "filter_invalid");
  const dataType = read("data_type", dataTypes, "filter_invalid");
  const accessMethod = read("access_method", ACCESS_METHODS, "filter_invalid");
  const onPlatform = read("platform", [platform.name], "filter_invalid");
  const attribute = read("attributes_to_show", ATTRIBUTES, "attribute_invalid");
  const granularity = read("granularity", GRANULARITIES, "attribute_invalid");
  const itemId = report === "IR" ? (query.get("item_id") ?? "") : "";
  const attributes = {
    ...(attribute.values.length === 0 ? {} : { Attributes_To_Show: attribute.values }),
    ...(granularity.values.length === 0 ? {} : { Granularity: "Month" as const }),
  };
  return {
    filters: {
      ...(metric.values.length === 0 ? {} : { metrics: metric.values }),
      ...(dataType.values.length === 0 ? {} : { dataTypes: dataType.values }),
      ...(accessMethod.values.length === 0 ? {} : { accessMethods: accessMethod.values }),
      ...(onPlatform.values.length === 0 ? {} : { platform: platform.name }),
      ...(itemId === "" ? {} : { itemId }),
    },
    attributes: Object.keys(attributes).length === 0 ? undefined : attributes,
    warnings: [
      ...(unknown.length === 0 ? [] : [toCounterException("parameter_unknown", unknown.join(", "))]),
      ...[metric, dataType, accessMethod, onPlatform, attribute, granularity].flatMap(({ warnings }) => warnings),
    ],
  };
}

function toKnown<Value extends string>(
  query: URLSearchParams,
  name: string,
  known: readonly Value[],
  fault: CounterExceptionName,
): { readonly values: readonly Value[]; readonly warnings: readonly CounterException[] } {
  const asked = [...new Set((query.get(name) ?? "").split("|").filter((value) => value !== ""))];
  const wrong = asked.filter((value) => !known.some((one) => one === value));
  return {
    values: known.filter((value) => asked.includes(value)),
    warnings: wrong.length === 0 ? [] : [toCounterException(fault, `${name}: ${wrong.join(", ")}`)],
  };
}
