import { TABLES, type TableName } from "./columns.ts";

/** One column of a view, as `DESCRIBE TABLE` gives it. */
export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly prose: string;
}

interface View {
  readonly prose: string;
  /** The column by which its rows are of a time. */
  readonly span: "day" | "hour" | "month";
  readonly columns: readonly ViewColumn[];
}

const day: ViewColumn = {
  name: "day",
  type: "Date",
  prose: "Day of `at`, UTC. Filter by it: only those days are read.",
};
const pseudonym: ViewColumn = {
  name: "pseudonym",
  type: "String",
  prose:
    "Who, under a key of this Partner, as 32 hexadecimal digits; empty where the row is not combined with a person.",
};

/** Columns of a table that a view shows as they are. */
function toShown(table: TableName, names: readonly string[]): readonly ViewColumn[] {
  const columns: readonly ViewColumn[] = TABLES[table];
  return names.flatMap((name) => columns.filter((column) => column.name === name));
}

/** Columns of a table as they are once an event's deliveries are brought together: names are plain text then. */
function toGathered(table: TableName, names: readonly string[]): readonly ViewColumn[] {
  return toShown(table, names).map((column) =>
    column.type === "LowCardinality(String)" ? { ...column, type: "String" } : column,
  );
}

/**
 * The views that analysts query: what their columns mean, in order. A view never changes its meaning; a new one
 * (`_v2`) comes beside it.
 */
export const VIEWS = {
  engagement_v1: {
    span: "day",
    prose: "What people did, each event once a day. A month's figures come from the records, not from counting here.",
    columns: [
      day,
      ...toShown("engagement", ["at", "partner"]),
      pseudonym,
      ...toGathered("engagement", ["type", "acct", "dept", "site", "path", "resource", "full", "referrer", "term"]),
    ],
  },
  behaviour_v1: {
    span: "day",
    prose: "How people used pages, with their consent, each event once a day.",
    columns: [
      day,
      ...toShown("behaviour", ["at", "partner"]),
      pseudonym,
      ...toGathered("behaviour", ["type", "acct", "site", "path", "engaged_ms", "scroll_pct", "target"]),
      ...toGathered("behaviour", ["device", "browser", "os"]),
    ],
  },
  attendance_v1: {
    span: "day",
    prose: "Who was at which event, each attendance once a day, with the most minutes that were reported of it.",
    columns: [
      day,
      ...toShown("attendance", ["at", "partner"]),
      pseudonym,
      ...toGathered("attendance", ["acct", "dept", "event", "title", "kind", "minutes"]),
    ],
  },
  statistics_v1: {
    span: "hour",
    prose: "Anonymous use, as sums by hour.",
    columns: toShown("statistics_hourly", ["hour", "site", "path", "referrer", "country", "device", "views", "visits"]),
  },
  records_v1: {
    span: "month",
    prose: "Closed Records of Engagement, every version; the latest version of a month is the one in force.",
    columns: [
      { name: "partner", type: "String", prose: "Partner id." },
      { name: "month", type: "String", prose: "yyyy-mm." },
      { name: "version", type: "UInt32", prose: "From 1; the highest is in force." },
      { name: "reason", type: "String", prose: "Why this version was made." },
      { name: "closed_at", type: "DateTime64(3, 'UTC')", prose: "When it was closed, UTC." },
      { name: "record", type: "String", prose: "The frozen figures, as JSON." },
    ],
  },
} as const satisfies Record<string, View>;

/** A view for analysts. */
export type ViewName = keyof typeof VIEWS;
