import { FIGURE_NAMES, FIGURES } from "../schemas/figures.ts";
import type { Cell, RecordOfEngagement, UseRow } from "../schemas/record.ts";
import { toTrail } from "./page-how-counted.ts";
import { toCellWords, WEEKDAYS } from "./words.ts";

/** A field: a number goes without separators. */
export type CsvField = string | number;

/** One table of a record. */
export interface CsvTable {
  /** The name of its file, where each table has its own. */
  readonly file: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CsvField[])[];
}

/** Every table of a record, whole: nothing is left out for want of room. A part that was not counted has no table. Pure. */
export function toCsvTables(record: RecordOfEngagement): CsvTable[] {
  const { not_counted } = record;
  return [
    toHead(record),
    toTotals(record),
    toTrend(record),
    toUse("resources.csv", "Resources", record.top_resources, record),
    toUse("kinds.csv", "Kinds of resource", record.by_kind, record),
    ...(not_counted.includes("by_topic") ? [] : [toUse("topics.csv", "Topics", record.by_topic, record)]),
    toPages(record),
    toDays(record),
    toHours(record),
    ...(not_counted.includes("departments") ? [] : [toDepartments(record)]),
    ...(not_counted.includes("searches") ? [] : [toSearches(record)]),
    ...(not_counted.includes("events") ? [] : [toEvents(record)]),
    toMeasures(record),
    ...(not_counted.includes("peers") ? [] : [toPeers(record)]),
    toYear(record),
    toCounting(record),
    toDefinitions(),
  ];
}

function toHead(record: RecordOfEngagement): CsvTable {
  const { partner } = record;
  const rows = [
    ["Partner", partner.name],
    ["Partner id", partner.id],
    ["Group", partner.group],
    ["Month", record.month],
    ["From", record.period.begin],
    ["To", record.period.end],
    ["Time zone", partner.zone],
    ["Version", record.version],
    ["Reason", record.reason],
    ["Closed at (UTC)", record.closed_at],
    ["Contract from", partner.contract_start ?? ""],
    ["Contract to", partner.contract_end ?? ""],
    ["Licensed seats", partner.seats ?? ""],
    ["Fewest people of a cell", record.people_min],
  ];
  return { file: "record.csv", title: "Record of Engagement", columns: ["Field", "Value"], rows };
}

function toTotals(record: RecordOfEngagement): CsvTable {
  const last = record.year.same_month_last_year;
  const rows = toCounted(record).map((name) => [
    name,
    FIGURES[name].title,
    record.figures[name],
    record.previous?.[name] ?? "",
    last?.[name] ?? "",
  ]);
  const columns = ["Figure", "Name", "This month", "Month before", "Same month a year before"];
  return { file: "totals.csv", title: "Key figures", columns, rows };
}

/** Figures that the record has: one that was not counted is left out, because its 0 would be none. */
function toCounted({ not_counted }: RecordOfEngagement) {
  return FIGURE_NAMES.filter((name) => name !== "events_attended" || !not_counted.includes(name));
}

function toTrend(record: RecordOfEngagement): CsvTable {
  const names = toCounted(record);
  const rows = record.trend.map(({ month, figures }) => [month, ...names.map((name) => figures[name])]);
  return { file: "months.csv", title: "Closed months", columns: ["Month", ...names], rows };
}

function toUse(file: string, title: string, use: readonly UseRow[], record: RecordOfEngagement): CsvTable {
  const columns = [
    "Id",
    "Title",
    "Kind",
    "Unique requests",
    "Requests",
    "Unique investigations",
    "Investigations",
    "People",
  ];
  const rows = use.map((row) => {
    const { uniqueRequests, totalRequests, uniqueInvestigations, totalInvestigations, people } = row;
    const cells = [uniqueRequests, totalRequests, uniqueInvestigations, totalInvestigations, people];
    return [row.id, row.title, row.type, ...toFields(cells, record)];
  });
  return { file, title, columns, rows };
}

function toPages(record: RecordOfEngagement): CsvTable {
  const rows = record.top_pages.map((row) => [row.path, row.title, ...toFields([row.views, row.people], record)]);
  return { file: "pages.csv", title: "Pages", columns: ["Path", "Title", "Page views", "People"], rows };
}

function toDays(record: RecordOfEngagement): CsvTable {
  const rows = record.days.map((count, index) => [
    `${record.month}-${String(index + 1).padStart(2, "0")}`,
    ...toFields([count], record),
  ]);
  return { file: "days.csv", title: "Days", columns: ["Date", "Counted actions"], rows };
}

function toHours(record: RecordOfEngagement): CsvTable {
  const rows = record.weekday_hours.flatMap((hours, day) =>
    hours.map((count, hour) => [WEEKDAYS[day] ?? "", hour, ...toFields([count], record)]),
  );
  return { file: "hours.csv", title: "Weekdays and hours", columns: ["Weekday", "Hour from", "Page views"], rows };
}

function toDepartments(record: RecordOfEngagement): CsvTable {
  const rows = record.departments.map((row) => [
    row.dept,
    row.title,
    ...toFields([row.people, row.uniqueRequests, row.actions], record),
  ]);
  const columns = ["Department", "Title", "People", "Unique requests", "Counted actions"];
  return { file: "departments.csv", title: "Departments", columns, rows };
}

function toSearches(record: RecordOfEngagement): CsvTable {
  const rows = record.searches.map(({ term, searches, people }) => [term, searches, people]);
  return { file: "searches.csv", title: "Searches", columns: ["Term", "Searches", "People"], rows };
}

function toEvents(record: RecordOfEngagement): CsvTable {
  const rows = record.events.map((row) => [
    row.id,
    row.title,
    row.kind,
    row.date,
    ...toFields([row.attendees], record),
  ]);
  return { file: "events.csv", title: "Events attended", columns: ["Id", "Title", "Kind", "Date", "People"], rows };
}

/** Single numbers that may be missing, each with the reason why it is. */
function toMeasures({ newcomers, engaged, feedback, value }: RecordOfEngagement): CsvTable {
  const { utilisation, cost_per_use: cost } = value;
  const rows = [
    ["new_people", newcomers.new_people, newcomers.absence],
    ["returning_people", newcomers.returning_people, newcomers.absence],
    ["engaged_ms", engaged.engaged_ms, engaged.absence],
    ["engaged_people", engaged.engaged_people, engaged.absence],
    ["agreed_people", engaged.agreed_people, engaged.absence],
    ["feedback_responses", feedback.absence === "not_counted" ? null : feedback.responses, feedback.absence],
    ["feedback_average", feedback.average, feedback.absence],
    ["utilisation", utilisation.share, utilisation.absence],
    [`cost_per_use${cost.currency === "" ? "" : ` (${cost.currency})`}`, cost.amount, cost.absence],
    [`fee_share${cost.currency === "" ? "" : ` (${cost.currency})`}`, cost.fee_share, cost.absence],
  ] as const;
  return {
    file: "measures.csv",
    title: "People, time, feedback and value",
    columns: ["Measure", "Value", "Why there is none"],
    rows: rows.map(([name, number, absence]) => [name, number ?? "", number === null ? (absence ?? "") : ""]),
  };
}

function toPeers({ value }: RecordOfEngagement): CsvTable {
  const rows = value.peers.map((band) => [
    ...[band.figure, band.partners, band.lower_quartile, band.median, band.upper_quartile],
  ]);
  const columns = ["Figure", "Partners", "Lower quartile", "Median", "Upper quartile"];
  return { file: "peers.csv", title: "Peer group", columns, rows };
}

function toYear({ year }: RecordOfEngagement): CsvTable {
  const sums = Object.entries(year.figures).map(([name, sum]) => [name, sum]);
  const rows = [
    ["Basis", year.basis],
    ["From", year.from],
    ["Months", year.months.join(" ")],
    ["Months missing", year.missing.join(" ")],
    ...sums,
  ];
  return { file: "year.csv", title: "Year to date", columns: ["Field", "Value"], rows };
}

function toCounting({ how_counted }: RecordOfEngagement): CsvTable {
  const effect = { "": "", "−": "taken away", "=": "is left", part: "of which" } as const;
  const rows = toTrail(how_counted).map((step) => [step.what, effect[step.sign], step.count]);
  return { file: "counting.csv", title: "How it was counted", columns: ["Step", "Effect", "Events"], rows };
}

function toDefinitions(): CsvTable {
  const rows = FIGURE_NAMES.map((name) => [name, FIGURES[name].prose, FIGURES[name].source]);
  return { file: "definitions.csv", title: "Definitions", columns: ["Figure", "Meaning", "Source"], rows };
}

function toFields(cells: readonly Cell[], { people_min }: RecordOfEngagement): CsvField[] {
  return cells.map((cell) => (cell === null ? toCellWords(cell, people_min) : cell));
}
