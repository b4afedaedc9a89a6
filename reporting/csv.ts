import { FIGURE_NAMES, FIGURES } from "../schemas/figures.ts";
import type { Cell, RecordOfEngagement, UseRow } from "../schemas/record.ts";
import { toTrail } from "./page-how-counted.ts";
import { toCellWords, toPlainText, WEEKDAYS } from "./words.ts";

type Field = string | number;
type Table = readonly (readonly Field[])[];

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;

/**
 * The record as one CSV file: tables one after another, each under a line with its title and a line with its
 * column names, parted by an empty line.
 *
 * RFC 4180 (CRLF, quotes where needed), every line with the same number of fields, a byte order mark so that
 * spreadsheets read it as UTF-8. Numbers without separators. A text that a spreadsheet could take for a formula
 * is prefixed with `'` (OWASP, "CSV injection"); withheld cells read "fewer than 5".
 */
export function toCsv(record: RecordOfEngagement): string {
  const tables: Table[] = [
    toHeadTable(record),
    toFigureTable(record),
    toTrendTable(record),
    toUseTable("Resources", record.top_resources, record),
    toUseTable("Kinds of resource", record.by_kind, record),
    toPagesTable(record),
    toDayTable(record),
    toHourTable(record),
    toTrailTable(record),
    toDefinitionTable(),
  ];
  const lines = tables.flatMap((table, index) => (index === 0 ? table : [[], ...table]));
  const fields = Math.max(...lines.map((line) => line.length));
  const text = lines.map((line) => Array.from({ length: fields }, (_, at) => toField(line[at] ?? "")).join(","));
  return `\uFEFF${text.join("\r\n")}\r\n`;
}

/** One field of a CSV line: harmless to spreadsheets, quoted where RFC 4180 asks for it. */
export function toField(value: Field): string {
  if (typeof value === "number") return String(value);
  const plain = toPlainText(value);
  const safe = FORMULA.test(value) || FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function toHeadTable(record: RecordOfEngagement): Table {
  const { partner } = record;
  return [
    ["Record of Engagement"],
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
  ];
}

function toFigureTable(record: RecordOfEngagement): Table {
  const rows = toCounted(record).map((name) => [
    name,
    FIGURES[name].title,
    record.figures[name],
    record.previous?.[name] ?? "",
  ]);
  return [["Key figures"], ["Figure", "Name", "This month", "Month before"], ...rows];
}

/** Figures that the record has: one that was not counted is left out, because its 0 would be none. */
function toCounted({ not_counted }: RecordOfEngagement) {
  return FIGURE_NAMES.filter((name) => name !== "events_attended" || !not_counted.includes(name));
}

function toTrendTable(record: RecordOfEngagement): Table {
  const names = toCounted(record);
  const rows = record.trend.map(({ month, figures }) => [month, ...names.map((name) => figures[name])]);
  return [["Closed months"], ["Month", ...names], ...rows];
}

function toUseTable(title: string, rows: readonly UseRow[], { people_min }: RecordOfEngagement): Table {
  const cell = (value: Cell) => toCellField(value, people_min);
  return [
    [title],
    ["Id", "Title", "Kind", "Unique requests", "Requests", "Unique investigations", "Investigations", "People"],
    ...rows.map((row) => [
      row.id,
      row.title,
      row.type,
      cell(row.uniqueRequests),
      cell(row.totalRequests),
      cell(row.uniqueInvestigations),
      cell(row.totalInvestigations),
      cell(row.people),
    ]),
  ];
}

function toPagesTable(record: RecordOfEngagement): Table {
  const cell = (value: Cell) => toCellField(value, record.people_min);
  return [
    ["Pages"],
    ["Path", "Title", "Page views", "People"],
    ...record.top_pages.map((row) => [row.path, row.title, cell(row.views), cell(row.people)]),
  ];
}

function toDayTable(record: RecordOfEngagement): Table {
  const rows = record.days.map((count, index) => [
    `${record.month}-${String(index + 1).padStart(2, "0")}`,
    toCellField(count, record.people_min),
  ]);
  return [["Days"], ["Date", "Counted actions"], ...rows];
}

function toHourTable(record: RecordOfEngagement): Table {
  const rows = record.weekday_hours.flatMap((hours, day) =>
    hours.map((count, hour) => [WEEKDAYS[day] ?? "", hour, toCellField(count, record.people_min)]),
  );
  return [["Weekdays and hours"], ["Weekday", "Hour from", "Page views"], ...rows];
}

function toTrailTable(record: RecordOfEngagement): Table {
  const effect = { "": "", "−": "taken away", "=": "is left", part: "of which" } as const;
  const rows = toTrail(record.how_counted).map((step) => [step.what, effect[step.sign], step.count]);
  return [["How it was counted"], ["Step", "Effect", "Events"], ...rows];
}

function toDefinitionTable(): Table {
  const rows = FIGURE_NAMES.map((name) => [name, FIGURES[name].prose, FIGURES[name].source]);
  return [["Definitions"], ["Figure", "Meaning", "Source"], ...rows];
}

function toCellField(cell: Cell, peopleMin: number): Field {
  return cell === null ? toCellWords(cell, peopleMin) : cell;
}
