import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CountedTables,
  type CountedUse,
  toWithheldTables,
  type WithheldTables,
} from "../../../reporting/suppress.ts";
import type { Figures } from "../../../schemas/figures.ts";
import type { UseRow } from "../../../schemas/record.ts";
import { NO_FIGURES } from "../../fixtures/a-record.ts";

const PEOPLE_MIN = 5;
const METRICS = ["uniqueRequests", "totalRequests", "uniqueInvestigations", "totalInvestigations"] as const;

/** Each use once by each person, half of them in full. */
function aUse(id: string, type: string, people: number): CountedUse {
  const requests = Math.floor(people / 2);
  return {
    id,
    title: id,
    type,
    uniqueRequests: requests,
    totalRequests: requests,
    uniqueInvestigations: people,
    totalInvestigations: people,
    people,
  };
}

function addUp(id: string, rows: readonly CountedUse[], people: number): CountedUse {
  const sum = (metric: (typeof METRICS)[number]) => rows.reduce((total, row) => total + row[metric], 0);
  return {
    id,
    title: id,
    type: id,
    uniqueRequests: sum("uniqueRequests"),
    totalRequests: sum("totalRequests"),
    uniqueInvestigations: sum("uniqueInvestigations"),
    totalInvestigations: sum("totalInvestigations"),
    people,
  };
}

/** Tables of a Partner whose people used these resources; the last `unlisted` are beyond the end of the list. */
function toTables(resources: readonly CountedUse[], unlisted = 0): { tables: CountedTables; figures: Figures } {
  const kinds = [...Map.groupBy(resources, ({ type }) => type)].map(([kind, rows]) =>
    addUp(kind, rows, Math.max(...rows.map(({ people }) => people))),
  );
  const all = addUp("", resources, 0);
  return {
    tables: {
      top_resources: resources.slice(0, resources.length - unlisted),
      by_kind: kinds,
      top_pages: [],
    },
    figures: {
      ...NO_FIGURES,
      Unique_Item_Requests: all.uniqueRequests,
      Total_Item_Requests: all.totalRequests,
      Unique_Item_Investigations: all.uniqueInvestigations,
      Total_Item_Investigations: all.totalInvestigations,
    },
  };
}

function withhold(resources: readonly CountedUse[], unlisted = 0): WithheldTables {
  const { tables, figures } = toTables(resources, unlisted);
  return toWithheldTables(tables, figures, PEOPLE_MIN);
}

const toWithheldIds = (rows: readonly UseRow[]) => rows.filter(({ people }) => people === null).map(({ id }) => id);

describe("toWithheldTables()", () => {
  it("shows everything when every row describes enough people", () => {
    const { tables, figures } = toTables([aUse("a", "guide", 9), aUse("b", "video", 5)]);
    expect(toWithheldTables(tables, figures, PEOPLE_MIN)).toEqual(tables);
  });

  it("withholds every number of a row of 4 people, and nothing that names it", () => {
    const { top_resources } = withhold([aUse("a", "guide", 9), aUse("b", "guide", 8), aUse("c", "guide", 4)]);
    expect(top_resources.at(-1)).toEqual({
      ...aUse("c", "guide", 4),
      ...Object.fromEntries([...METRICS, "people"].map((cell) => [cell, null])),
    });
  });

  it("withholds the next smallest too, when one alone could be worked out from the kind", () => {
    const { top_resources } = withhold([aUse("a", "guide", 20), aUse("b", "guide", 8), aUse("c", "guide", 4)]);
    expect(toWithheldIds(top_resources)).toEqual(["b", "c"]);
  });

  it("withholds one alone when rows beyond the list make the rest of the total unknown", () => {
    const resources = [aUse("a", "guide", 20), aUse("b", "guide", 8), aUse("c", "guide", 4), aUse("d", "guide", 7)];
    expect(toWithheldIds(withhold(resources, 1).top_resources)).toEqual(["c"]);
  });

  it("withholds a second kind, and what would give that away in the table of resources", () => {
    const { by_kind, top_resources } = withhold([
      aUse("a", "guide", 20),
      aUse("b", "video", 9),
      aUse("c", "video", 7),
      aUse("d", "tool", 4),
    ]);
    expect(toWithheldIds(by_kind)).toEqual(["tool", "video"]);
    // Two videos shown would add up to the kind that is withheld.
    expect(toWithheldIds(top_resources)).toEqual(["c", "d"]);
  });

  it("withholds more when all that is withheld can only be 1", () => {
    const { top_resources } = withhold([aUse("a", "guide", 20), aUse("b", "guide", 1), aUse("c", "guide", 1)]);
    expect(toWithheldIds(top_resources)).toEqual(["a", "b", "c"]);
  });

  it("puts withheld rows last, by id, so that their place says nothing", () => {
    const uses = [aUse("z", "guide", 4), aUse("m", "guide", 9), aUse("a", "guide", 3), aUse("k", "guide", 8)];
    expect(withhold(uses).top_resources.map(({ id }) => id)).toEqual(["m", "k", "a", "z"]);
  });

  it("cannot hide what the Partner's own totals say", () => {
    const { by_kind } = withhold([aUse("a", "guide", 3)]);
    expect(toWithheldIds(by_kind)).toEqual(["guide"]);
  });

  it("withholds pages against the total of page views", () => {
    const top_pages = [
      { path: "/a", title: "A", views: 30, people: 20 },
      { path: "/b", title: "B", views: 12, people: 9 },
      { path: "/c", title: "C", views: 3, people: 2 },
    ];
    const tables = { top_resources: [], by_kind: [], top_pages };
    const shown = (page_views: number) =>
      toWithheldTables(tables, { ...NO_FIGURES, page_views }, PEOPLE_MIN).top_pages.map(({ views }) => views);
    expect(shown(45)).toEqual([30, null, null]);
    expect(shown(60)).toEqual([30, 12, null]);
  });

  it("leaves no withheld cell that can be worked out from what is shown", () => {
    const use = fc
      .record({
        kind: fc.constantFrom("guide", "video", "tool"),
        people: fc.integer({ min: 1, max: 12 }),
        more: fc.nat(9),
      })
      .map(({ kind, people, more }) => ({ ...aUse("", kind, people), totalInvestigations: people + more }));
    const uses = fc
      .array(use, { minLength: 2, maxLength: 12 })
      .map((rows) => rows.map((row, index) => ({ ...row, id: `r${String(index).padStart(2, "0")}`, title: "" })));
    fc.assert(
      fc.property(uses, fc.nat(2), (resources, unlisted) => {
        const { tables, figures } = toTables(resources, Math.min(unlisted, resources.length - 1));
        const shown = toWithheldTables(tables, figures, PEOPLE_MIN);
        // With one kind only, the Partner's totals are that kind's.
        fc.pre(tables.by_kind.length > 1);
        expect(toSolved(tables, shown)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

/** The ids of withheld rows that linear algebra finds: sums of the record, with what is not listed as unknowns. */
function toSolved(tables: CountedTables, shown: WithheldTables): readonly string[] {
  const kinds = toWithheldIds(shown.by_kind).map((id) => `kind ${id}`);
  const resources = toWithheldIds(shown.top_resources);
  const unknown = [...kinds, ...resources];
  const equations: number[][] = [unknown.map((name) => (kinds.includes(name) ? 1 : 0))];
  for (const kind of tables.by_kind) {
    const listed = tables.top_resources.filter(({ type }) => type === kind.id);
    const rest = listed.reduce((sum, row) => sum - row.totalInvestigations, kind.totalInvestigations);
    const column = unknown.map((name) => {
      if (name === `kind ${kind.id}`) return -1;
      return listed.some(({ id }) => id === name) ? 1 : 0;
    });
    // What is not listed is an unknown of its own: it makes the equation say nothing.
    if (rest === 0) equations.push(column);
  }
  const reduced = toReduced(equations);
  return unknown.filter((_, index) =>
    reduced.some((row) => row.every((value, column) => (column === index ? value !== 0 : Math.abs(value) < 1e-9))),
  );
}

/** Reduced row echelon form. */
function toReduced(equations: readonly (readonly number[])[]): number[][] {
  const rows = equations.map((row) => [...row]);
  let top = 0;
  for (let column = 0; column < (rows[0]?.length ?? 0); column++) {
    const at = rows.findIndex((row, index) => index >= top && Math.abs(row[column] ?? 0) > 1e-9);
    const pivot = rows[at];
    if (pivot === undefined) continue;
    rows[at] = rows[top] ?? pivot;
    const scale = pivot[column] ?? 1;
    const scaled = pivot.map((value) => value / scale);
    rows[top] = scaled;
    for (const [index, row] of rows.entries()) {
      const factor = row[column] ?? 0;
      if (index !== top) rows[index] = row.map((value, other) => value - factor * (scaled[other] ?? 0));
    }
    top++;
  }
  return rows;
}
