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
  const summary = "Resources used most, with unique requests, requests and people";
  return toSection(
    "Resources used most",
    toNone(record, record.figures.Total_Item_Investigations, "No resource was used in this month."),
    rows,
    [
      { kind: "table", summary, columns, rows, linesMax: 2 },
      ...toFootnote(rows.length, record.top_resources.length, "resources"),
    ],
  );
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
  const summary = `Use by ${first.toLowerCase()}, with unique requests, requests and people`;
  return toSection(heading, toNone(record, record.figures.Total_Item_Investigations, none), rows, [
    { kind: "table", summary, columns, rows, linesMax: 3 },
    ...toFootnote(rows.length, use.length, `${first.toLowerCase()}s`),
  ]);
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
  const summary = "Pages opened most, with page views and people";
  return toSection(
    "Pages opened most",
    toNone(record, record.figures.page_views, "No page was opened by a signed-in person."),
    rows,
    [
      { kind: "table", summary, columns, rows, linesMax: 2 },
      ...toFootnote(rows.length, record.top_pages.length, "pages"),
    ],
  );
}

/** Why a list is empty: what it lists has a total of none, or so few were here that the list would be theirs. */
export function toNone({ figures, people_min }: RecordOfEngagement, total: number, none: string): string {
  if (figures.active_people >= people_min || total === 0) return none;
  return `Not shown: what fewer than ${people_min} people used could tell who they were.`;
}

/** A heading with its table, or with one line where there is nothing to list. */
export function toSection(title: string, none: string, rows: readonly Row[], full: readonly Block[]): Block[] {
  const heading: Block = { kind: "heading", text: title };
  return rows.length === 0 ? [heading, { kind: "paragraph", tone: "body", text: none }] : [heading, ...full];
}

/** Cells as they are printed. */
export function toCells(cells: readonly Cell[], peopleMin: number) {
  return cells.map((cell) => ({ text: toCellWords(cell, peopleMin) }));
}

/** Says how much of a list is printed, where that is not all of it. */
export function toFootnote(shown: number, all: number, what: string): Block[] {
  if (all <= shown) return [];
  return [
    {
      kind: "paragraph",
      tone: "small",
      text: `The first ${shown} of ${all} ${what} in this record; the CSV lists them all.`,
    },
  ];
}
