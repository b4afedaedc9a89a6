import type { Figures } from "../schemas/figures.ts";
import type { PageRow, UseRow } from "../schemas/record.ts";
import { type Amounts, type Sum, withholdRows } from "./withhold.ts";

/** A row with every cell known: the form before anything is withheld. Stays in memory. */
export type CountedUse = { readonly [Key in keyof UseRow]: Exclude<UseRow[Key], null> };
/** A page with every cell known. */
export type CountedPage = { readonly [Key in keyof PageRow]: Exclude<PageRow[Key], null> };

/** The tables of one record with every cell known. */
export interface CountedTables {
  readonly top_resources: readonly CountedUse[];
  readonly by_kind: readonly CountedUse[];
  readonly top_pages: readonly CountedPage[];
}

/** The tables of one record as they may be shown. */
export interface WithheldTables {
  readonly top_resources: readonly UseRow[];
  readonly by_kind: readonly UseRow[];
  readonly top_pages: readonly PageRow[];
}

interface Entry<Row> extends Amounts {
  readonly row: Row;
}

/** Whatever is listed was used at least once, but perhaps never in full. */
const USE_VALUES_MIN = [0, 0, 1, 1];
const PAGE_VALUES_MIN = [1];

/**
 * Withholds the rows that describe fewer than `peopleMin` people, and as many others as it takes that no withheld
 * cell can be worked out from the totals of the Partner or from another table of the record.
 *
 * Withheld rows stand last, by id: their place among the others would tell their size. Pure.
 */
export function toWithheldTables(tables: CountedTables, figures: Figures, peopleMin: number): WithheldTables {
  const kinds = tables.by_kind.map((row) => toEntry(row, toUseValues(row)));
  const resources = tables.top_resources.map((row) => toEntry(row, toUseValues(row)));
  const pages = tables.top_pages.map((row) => toEntry(row, [row.views]));
  const total = [
    figures.Unique_Item_Requests,
    figures.Total_Item_Requests,
    figures.Unique_Item_Investigations,
    figures.Total_Item_Investigations,
  ];
  withholdRows([...kinds, ...resources], toUseSums(kinds, resources, total), peopleMin);
  withholdRows(pages, [toSum(pages, [figures.page_views], PAGE_VALUES_MIN)], peopleMin);
  return {
    top_resources: toShown(resources, ({ id }) => id, withholdUse),
    by_kind: toShown(kinds, ({ id }) => id, withholdUse),
    top_pages: toShown(pages, ({ path }) => path, withholdPage),
  };
}

function toEntry<Row extends { readonly people: number }>(row: Row, values: readonly number[]): Entry<Row> {
  return { row, people: row.people, values, withheld: false };
}

function toUseValues(row: CountedUse): readonly number[] {
  return [row.uniqueRequests, row.totalRequests, row.uniqueInvestigations, row.totalInvestigations];
}

/** Kinds add up to the Partner's totals, resources to their kind: each resource has one. */
function toUseSums(
  kinds: readonly Entry<CountedUse>[],
  resources: readonly Entry<CountedUse>[],
  total: readonly number[],
): readonly Sum<Entry<CountedUse>>[] {
  const ofKinds = kinds.map((kind) => {
    const members = resources.filter(({ row }) => row.type === kind.row.id);
    return { ...toSum(members, kind.values, USE_VALUES_MIN), total: kind };
  });
  return [toSum(kinds, total, USE_VALUES_MIN), ...ofKinds];
}

function toSum<Row>(
  members: readonly Entry<Row>[],
  total: readonly number[],
  valuesMin: readonly number[],
): Sum<Entry<Row>> {
  const unlisted = total.map((value, index) =>
    members.reduce((rest, { values }) => rest - (values[index] ?? 0), value),
  );
  return { members, valuesMin, unlisted };
}

function toShown<Row, Shown>(
  entries: readonly Entry<Row>[],
  toId: (row: Row) => string,
  withhold: (row: Row) => Shown,
): readonly (Row | Shown)[] {
  const shown = entries.filter(({ withheld }) => !withheld).map(({ row }) => row);
  const withheld = entries
    .filter((entry) => entry.withheld)
    .map(({ row }) => row)
    .sort((a, b) => (toId(a) < toId(b) ? -1 : 1));
  return [...shown, ...withheld.map(withhold)];
}

function withholdUse(row: CountedUse): UseRow {
  return {
    ...row,
    uniqueRequests: null,
    totalRequests: null,
    uniqueInvestigations: null,
    totalInvestigations: null,
    people: null,
  };
}

function withholdPage(row: CountedPage): PageRow {
  return { ...row, views: null, people: null };
}
