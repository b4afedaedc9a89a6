import type { Figures } from "../schemas/figures.ts";
import type { PageRow, UseRow } from "../schemas/record.ts";

/** A row with every cell known: the form before anything is withheld. Stays in memory. */
export type CountedUse = { readonly [Key in keyof UseRow]: Exclude<UseRow[Key], null> };
/** A page with every cell known. */
export type CountedPage = { readonly [Key in keyof PageRow]: Exclude<PageRow[Key], null> };

/** The tables of one record with every cell known. */
export interface CountedTables {
  readonly top_resources: readonly CountedUse[];
  /** How many resources were used, listed or not. */
  readonly resources_all: number;
  readonly by_kind: readonly CountedUse[];
  readonly top_pages: readonly CountedPage[];
  /** How many pages were viewed, listed or not. */
  readonly pages_all: number;
}

/** The tables of one record as they may be shown. */
export interface WithheldTables {
  readonly top_resources: readonly UseRow[];
  readonly by_kind: readonly UseRow[];
  readonly top_pages: readonly PageRow[];
}

/** Withholds the cells that describe fewer than `peopleMin` people. Pure. */
export function toWithheldTables(tables: CountedTables, _figures: Figures, peopleMin: number): WithheldTables {
  return {
    top_resources: tables.top_resources.map((row) => (row.people < peopleMin ? withholdUse(row) : row)),
    by_kind: tables.by_kind.map((row) => (row.people < peopleMin ? withholdUse(row) : row)),
    top_pages: tables.top_pages.map((row) => (row.people < peopleMin ? { ...row, views: null, people: null } : row)),
  };
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
