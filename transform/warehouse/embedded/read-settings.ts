import { toException } from "./exceptions.ts";
import { isSymbol, isWord, type Token, toTokens } from "./tokens.ts";

/**
 * Settings that whoever may only read can change: how a result is written, how much a statement may take, what clients
 * send at connection.
 *
 * A list of what is allowed: others name files (`format_schema`, `format_template_row`), write them
 * (`output_format_schema`), or hold SQL of their own where no tree shows it (`additional_table_filters`,
 * `implicit_table_at_top_level`, `dialect`).
 */
const ALLOWED: readonly RegExp[] = [
  /^max_(?:execution_time|memory_usage|threads|block_size|result_rows|result_bytes|rows_to_read|bytes_to_read)$/,
  /^max_(?:rows|bytes)_(?:in_join|in_set|in_distinct|to_sort|to_group_by)$/,
  /^max_bytes_before_external_(?:group_by|sort)$/,
  /^max_bytes_ratio_before_external_(?:group_by|sort)$/,
  /^(?:result|read|timeout|group_by|sort|set|join|distinct|transfer)_overflow_mode$/,
  /^(?:extremes|limit|offset|final|priority|log_queries|session_timezone|cast_keep_nullable|prefer_column_name_to_alias)$/,
  /^(?:join_use_nulls|join_algorithm|join_default_strictness|union_default_mode|count_distinct_implementation)$/,
  /^(?:use_uncompressed_cache|use_query_cache|select_sequential_consistency|empty_result_for_aggregation_by_empty_set)$/,
  /^(?:cast_string_to_dynamic_use_inference|async_insert|wait_for_async_insert)$/,
  /^(?:transform_null_in|any_join_distinct_right_table_keys|group_by_use_nulls|aggregate_functions_null_for_empty)$/,
  /^(?:date_time_(?:input|output)_format|interval_output_format|low_cardinality_allow_in_native_format)$/,
  /^(?:allow_experimental_|enable_)(?:json|object|variant|dynamic|time|time_time64)_type$/,
  /^(?:allow_suspicious_low_cardinality_types|network_compression_method|connect_timeout|receive_timeout|send_timeout)$/,
  /^optimize_[a-z_]+$/,
  /^output_format_(?!schema$)[a-z0-9_]+$/,
  /^input_format_(?!record_errors)[a-z0-9_]+$/,
  /^format_(?:csv|tsv|binary|display|custom_(?:escaping|field|row|result))[a-z0-9_]*$/,
];

/** The most that a setting may be set to, in its unit; what has a limit cannot be set to 0, which would mean none. */
export type SettingLimits = Readonly<Record<string, number>>;

type Given = readonly [name: string, value: string];

/** The settings that a statement has in itself, at any depth, as `SETTINGS name = value, ...`. Pure. */
export function findSettings(canonical: string): readonly Given[] {
  const tokens = [...toTokens(canonical)];
  const found: Given[] = [];
  tokens.forEach((token, index) => {
    if (!isWord(token, "SETTINGS")) return;
    for (let at = index + 1; isName(tokens[at]); ) {
      let equals = at + 1;
      while (isSymbol(tokens[equals], ".") && isName(tokens[equals + 1])) equals += 2;
      // `settings` may be the name of a column, too, which no assignment follows.
      if (!isSymbol(tokens[equals], "=")) return;
      const name = tokens.slice(at, equals).map(({ text }) => text);
      found.push([name.join(""), tokens[equals + 1]?.text ?? ""]);
      const depth = tokens[at]?.depth ?? 0;
      let next = equals + 1;
      while (tokens[next] !== undefined && !(isSymbol(tokens[next], ",") && tokens[next]?.depth === depth)) next++;
      at = next + 1;
    }
  });
  return found;
}

function isName(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

/**
 * Refuses settings that are not for whoever may only read.
 *
 * @param given of the URL and of the statement
 * @throws WarehouseException 164 READONLY
 */
export function refuseSettings(user: string, given: Iterable<Given>, limits: SettingLimits): void {
  for (const [name, value] of given) {
    if (!ALLOWED.some((pattern) => pattern.test(name))) {
      throw toException("readonly", `${user}: Cannot modify '${name}' setting in readonly mode.`);
    }
    const most = Object.hasOwn(limits, name) ? limits[name] : undefined;
    const number = /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (most !== undefined && !(number > 0 && number <= most)) {
      throw toException("readonly", `${user}: Setting '${name}' must be a number above 0 and at most ${most}.`);
    }
  }
}

/**
 * Refuses names in which a line ends, or anything else that is written with a backslash: the engine's tree has a line
 * a name, and such a name would hide another. None of ours has one.
 *
 * @throws WarehouseException 497 ACCESS_DENIED
 */
export function refuseStrangeNames(user: string, canonical: string): void {
  for (const { kind, start, end } of toTokens(canonical)) {
    if (kind !== "quoted" || !/[\\\p{Cc}\u2028\u2029]/u.test(canonical.slice(start, end))) continue;
    throw toException("accessDenied", `${user}: Not enough privileges: a name must be without backslashes`);
  }
}
