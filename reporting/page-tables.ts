import type { Cell, RecordOfEngagement, UseRow } from "../schemas/record.ts";
import type { Block, Column, Row } from "./blocks.ts";
import { toCellMark, toCellWords, toPlainText } from "./words.ts";

/** How many rows the printed tables show; the CSV and the JSON hold all of them. */
export const ROWS_PRINTED = { resources: 15, kinds: 6, pages: 8 } as const;

/** The resources used most, in the order of the record. */
export function toResourceTable(record: RecordOfEngagement): Block[] {
  const rows = record.top_resources.slice(0, ROWS_PRINTED.resources).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || row.id },
      { text: toPlainText(row.type) },
      ...toCells([row.uniqueRequests, row.totalRequests, row.people], record.people_min),
    ],
  }));
  const columns: Column[] = [
    { title: "Resource", align: "left", widthPt: "rest" },
    { title: "Kind", align: "left", widthPt: 52 },
    { title: "Unique requests", align: "right", widthPt: 67 },
    { title: "Requests", align: "right", widthPt: 62 },
    { title: "People", align: "right", widthPt: 62 },
  ];
  return toListing(record, {
    ...{ heading: "Resources used most", columns, rows, all: record.top_resources.length, what: "resources" },
    summary: "Resources used most, with unique requests, requests and people",
    total: record.figures.Total_Item_Investigations,
    none: "No resource was used in this month.",
  });
}

/** Use by topic. */
export function toTopicTable(record: RecordOfEngagement): Block[] {
  if (record.not_counted.includes("by_topic")) return [];
  return toUseTable(record, record.by_topic, "Topic", "Topics", "No topic was used.");
}

/** Use by kind of resource. */
export function toKindTable(record: RecordOfEngagement): Block[] {
  return toUseTable(record, record.by_kind, "Kind", "Kinds of resource", "No kind of resource was used.");
}

function toUseTable(
  record: RecordOfEngagement,
  use: readonly UseRow[],
  first: string,
  heading: string,
  none: string,
): Block[] {
  const rows = use.slice(0, ROWS_PRINTED.kinds).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || row.id },
      ...[row.uniqueRequests, row.totalRequests, row.people].map((cell) => ({
        text: toCellMark(cell, record.people_min), // words would run into one another: the table is half as wide
      })),
    ],
  }));
  const columns: Column[] = [
    { title: first, align: "left", widthPt: "rest" },
    { title: "Unique req.", align: "right", widthPt: 54 },
    { title: "Requests", align: "right", widthPt: 48 },
    { title: "People", align: "right", widthPt: 42 },
  ];
  return toListing(record, {
    ...{ heading, columns, rows, all: use.length, what: `${first.toLowerCase()}s`, none, linesMax: 3 },
    summary: `Use by ${first.toLowerCase()}, with unique requests, requests and people`,
    total: record.figures.Total_Item_Investigations,
  });
}

/** The pages opened most, each with its path. */
export function toPageTable(record: RecordOfEngagement): Block[] {
  const rows = record.top_pages.slice(0, ROWS_PRINTED.pages).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || row.path, under: toPlainText(row.path) },
      ...toCells([row.views, row.people], record.people_min),
    ],
  }));
  const columns: Column[] = [
    { title: "Page", align: "left", widthPt: "rest" },
    { title: "Page views", align: "right", widthPt: 62 },
    { title: "People", align: "right", widthPt: 62 },
  ];
  return toListing(record, {
    ...{ heading: "Pages opened most", columns, rows, all: record.top_pages.length, what: "pages" },
    summary: "Pages opened most, with page views and people",
    total: record.figures.page_views,
    none: "No page was opened by a signed-in person.",
  });
}

/** A list of the record under its heading: the rows that are printed, and what is said of it. */
interface Listing {
  readonly heading: string;
  /** Stands between the heading and the table. */
  readonly above?: string;
  readonly summary: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Lines of a row; 2 if absent. */
  readonly linesMax?: number;
  /** How many rows the record has, and what they are. */
  readonly all: number;
  readonly what: string;
  /** The Partner's total of what is listed; without it an empty list never says that few people are behind it. */
  readonly total?: number;
  /** What is said where nothing is listed. */
  readonly none: string;
}

/** A heading with its table, or with one line where there is nothing to list. */
export function toListing(record: RecordOfEngagement, listing: Listing): Block[] {
  const { above, summary, columns, rows, linesMax = 2, all, what } = listing;
  const heading: Block = { kind: "heading", text: listing.heading };
  if (rows.length === 0) return [heading, toParagraph(toNone(record, listing))];
  return [
    heading,
    ...(above === undefined ? [] : [toParagraph(above, "small")]),
    { kind: "table", summary, columns, rows, linesMax },
    ...(all <= rows.length
      ? []
      : [toParagraph(`The first ${rows.length} of ${all} ${what} in this record; the CSV lists them all.`, "small")]),
  ];
}

/** Why a list is empty: what it lists has a total of none, or so few were here that the list would be theirs. */
function toNone({ figures, people_min }: RecordOfEngagement, { total = 0, none }: Listing): string {
  if (figures.active_people >= people_min || total === 0) return none;
  return `Not shown: what fewer than ${people_min} people used could tell who they were.`;
}

/** A paragraph of a record's page. */
export function toParagraph(text: string, tone: "body" | "small" = "body"): Block {
  return { kind: "paragraph", tone, text };
}

/** Cells as they are printed. */
export function toCells(cells: readonly Cell[], peopleMin: number) {
  return cells.map((cell) => ({ text: toCellWords(cell, peopleMin) }));
}
