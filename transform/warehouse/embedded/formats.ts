/** The format of an answer when nothing names one: what the server's HTTP interface uses. */
export const FORMAT_DEFAULT = "TabSeparated";

const CONTENT_TYPES: readonly (readonly [RegExp, string])[] = [
  [
    /^(JSONEachRow|JSONLines|NDJSON|JSONStringsEachRow|JSONCompact(Strings)?EachRow)/i,
    "application/x-ndjson; charset=UTF-8",
  ],
  [/^(Pretty)?JSON/i, "application/json; charset=UTF-8"],
  [/^CSV/i, "text/csv; charset=UTF-8"],
  [/^(TabSeparated|TSV)/i, "text/tab-separated-values; charset=UTF-8"],
  [/^XML$/i, "application/xml; charset=UTF-8"],
  [/^Arrow$/i, "application/vnd.apache.arrow.file"],
  [/^ArrowStream$/i, "application/vnd.apache.arrow.stream"],
  [/^Parquet$/i, "application/vnd.apache.parquet"],
  [/^(RowBinary|Native|ORC|Avro|MsgPack|Protobuf)/i, "application/octet-stream"],
];

/** The content type of a result in this format. */
export function toContentType(format: string): string {
  return CONTENT_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? "text/plain; charset=UTF-8";
}

/** Formats that hold whole columns: reading them costs little beside the insert, and so does counting their rows. */
const COLUMNAR = new Set(["arrow", "arrowstream", "native", "parquet"]);

/** True if rows in this format come as columns. */
export function isColumnar(format: string): boolean {
  return COLUMNAR.has(format.toLowerCase());
}
