import type { Cell, RecordOfEngagement } from "../schemas/record.ts";
import type { Block, Column, Row } from "./blocks.ts";
import { toCellWords, toPlainText } from "./words.ts";

/** How many rows the printed tables show; the CSV and the JSON hold all of them. */
export const ROWS_PRINTED = { resources: 10, kinds: 8, pages: 6 } as const;

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
    { title: "Kind", align: "left", widthPt: 62 },
    { title: "Unique requests", align: "right", widthPt: 66 },
    { title: "Requests", align: "right", widthPt: 58 },
    { title: "People", align: "right", widthPt: 58 },
  ];
  const summary = "Resources used most, with unique requests, requests and people";
  return toSection("Resources used most", "No resource was used in this month.", rows, [
    { kind: "table", summary, columns, rows, linesMax: 2 },
    ...toFootnotes(record, rows.length, record.top_resources.length, "resources"),
  ]);
}

/** Use by kind of resource. */
export function toKindTable(record: RecordOfEngagement): Block[] {
  const rows = record.by_kind.slice(0, ROWS_PRINTED.kinds).map((row) => ({
    cells: [
      { text: toPlainText(row.title) || row.id },
      ...toCells([row.uniqueRequests, row.totalRequests, row.people], record.people_min),
    ],
  }));
  const columns: Column[] = [
    { title: "Kind", align: "left", widthPt: "rest" },
    { title: "Unique req.", align: "right", widthPt: 52 },
    { title: "Requests", align: "right", widthPt: 50 },
    { title: "People", align: "right", widthPt: 50 },
  ];
  const summary = "Use by kind of resource, with unique requests, requests and people";
  return toSection("Kinds of resource", "No kind of resource was used.", rows, [
    { kind: "table", summary, columns, rows, linesMax: 1 },
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
    { title: "Page views", align: "right", widthPt: 56 },
    { title: "People", align: "right", widthPt: 52 },
  ];
  const summary = "Pages opened most, with page views and people";
  return toSection("Pages opened most", "No page was opened by a signed-in person.", rows, [
    { kind: "table", summary, columns, rows, linesMax: 1 },
  ]);
}

function toSection(title: string, none: string, rows: readonly Row[], full: readonly Block[]): Block[] {
  const heading: Block = { kind: "heading", text: title };
  return rows.length === 0 ? [heading, { kind: "paragraph", tone: "body", text: none }] : [heading, ...full];
}

function toCells(cells: readonly Cell[], peopleMin: number) {
  return cells.map((cell) => ({ text: toCellWords(cell, peopleMin) }));
}

function toFootnotes(record: RecordOfEngagement, shown: number, all: number, what: string): Block[] {
  const notes: string[] = [];
  if (all > shown) notes.push(`The first ${shown} of ${all} ${what}; the CSV lists them all.`);
  const tables = [record.top_resources, record.by_kind, record.top_pages];
  if (tables.some((rows) => rows.some((row) => Object.values(row).includes(null)))) {
    const few = toCellWords(null, record.people_min);
    notes.push(`“${few}”: the number describes ${few} people, or would reveal one that does.`);
  }
  return notes.length === 0 ? [] : [{ kind: "paragraph", tone: "small", text: notes.join(" ") }];
}
