import { describe, expect, it } from "vitest";
import type { CountedResource } from "../../../reporting/counted.ts";
import { toShownFigures } from "../../../reporting/suppress.ts";
import { NO_FIGURES } from "../../fixtures/a-record.ts";
import { aCount, aCountOfUse, aUse, showAlone, USE_METRICS } from "../../fixtures/counted-figures.ts";
import { aBody } from "../../fixtures/suppressed-months.ts";

interface Listed {
  readonly id: string;
  readonly people: number | null;
}

const toWithheldIds = (rows: readonly Listed[]) => rows.filter(({ people }) => people === null).map(({ id }) => id);
const showUse = (resources: readonly CountedResource[], unlisted = 0) => showAlone(aCountOfUse(resources, unlisted));

describe("toShownFigures() withholds resources, kinds and topics", () => {
  it("not at all when every row describes enough people", () => {
    const counted = aCountOfUse([aUse("a", "guide", 9), aUse("b", "video", 5)]);
    const { top_resources, by_kind, by_topic } = showAlone(counted);
    expect(top_resources).toEqual(counted.top_resources.map(({ topic: _, ...row }) => row));
    expect({ by_kind, by_topic }).toEqual({ by_kind: counted.by_kind, by_topic: counted.by_topic });
  });

  it("every number of a row of 4 people, and nothing that names it", () => {
    const { top_resources } = showUse([aUse("a", "guide", 9), aUse("b", "guide", 8), aUse("c", "guide", 4)]);
    const { topic: _, ...row } = aUse("c", "guide", 4);
    expect(top_resources.at(-1)).toEqual({
      ...row,
      ...Object.fromEntries([...USE_METRICS, "people"].map((cell) => [cell, null])),
    });
  });

  it("the next smallest too, when one alone could be worked out from the kind", () => {
    const { top_resources } = showUse([aUse("a", "guide", 20), aUse("b", "guide", 8), aUse("c", "guide", 4)]);
    expect(toWithheldIds(top_resources)).toEqual(["b", "c"]);
  });

  it("one alone when others of few people, which are not listed, make the rest of the total unknown", () => {
    const resources = [aUse("a", "guide", 20), aUse("b", "guide", 8), aUse("c", "guide", 4), aUse("d", "guide", 3)];
    expect(toWithheldIds(showUse(resources, 1).top_resources)).toEqual(["c"]);
  });

  it.each([
    ["one is", [aUse("d", "guide", 3)], ["b"]],
    ["two are, of which each was used once", [aUse("d", "guide", 1), aUse("e", "guide", 1)], ["b"]],
    ["two are that differ", [aUse("d", "guide", 3), aUse("e", "guide", 2)], []],
  ])("a listed one too, if what is not listed could be worked out without: %s", (_, few, withheld) => {
    const once = few.map((row) => (row.people > 1 ? row : { ...row, uniqueInvestigations: 1, totalInvestigations: 1 }));
    const resources = [aUse("a", "guide", 20), aUse("b", "guide", 8), ...once];
    expect(toWithheldIds(showUse(resources, few.length).top_resources)).toEqual(withheld);
  });

  it("and lists all the others, but beyond the 20 used most not even the names of those of few people", () => {
    const many = Array.from({ length: 30 }, (_, at) => aUse(`many-${at}`, "guide", 40 - at));
    const few = [aUse("few-1", "guide", 4), aUse("few-2", "guide", 3)];
    expect(showUse([...many.slice(0, 19), ...few, ...many.slice(19)]).top_resources.map(({ id }) => id)).toEqual([
      ...many.map(({ id }) => id),
      "few-1",
    ]);
  });

  it("a resource that an earlier version did not list, as what it could be worked out from was not listed either", () => {
    const [a, b, c] = [aUse("a", "guide", 20), aUse("b", "guide", 8), aUse("c", "guide", 4)];
    const before = showAlone(aCountOfUse([a, b, c, aUse("d", "guide", 3)], 2));
    const now = aCountOfUse([a, b, aUse("c", "guide", 9), aUse("d", "guide", 3)], 1);
    const shown = toShownFigures(
      now,
      { firstWeekday: 3, earlierVersions: [aBody(before)], previousMonth: undefined },
      5,
    );
    expect(before.top_resources.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(toWithheldIds(shown.top_resources)).toEqual(["c"]);
  });

  it("a second kind, and what would give that away in the table of resources", () => {
    const { by_kind, top_resources } = showUse([
      aUse("a", "guide", 20),
      aUse("b", "video", 9),
      aUse("c", "video", 7),
      aUse("d", "tool", 4),
    ]);
    expect(toWithheldIds(by_kind)).toEqual(["tool", "video"]);
    // If the videos were shown, they would add up to the kind that is withheld.
    expect(toWithheldIds(top_resources)).toEqual(["c", "d"]);
  });

  it("a resource of another topic's kind, where kind and topic together would give one away", () => {
    const { top_resources, by_kind, by_topic } = showUse([
      aUse("a", "guide", 4, "care"),
      aUse("b", "guide", 9, "law"),
      aUse("c", "video", 11, "care"),
      aUse("d", "video", 12, "law"),
      aUse("e", "video", 30, "law"),
    ]);
    // a and b hide each other within their kind, a and c within their topic, b and d within theirs, c and d again.
    expect(toWithheldIds(top_resources)).toEqual(["a", "b", "c", "d"]);
    expect([...toWithheldIds(by_kind), ...toWithheldIds(by_topic)]).toEqual([]);
  });

  it("puts withheld rows last, by id, so that their place says nothing", () => {
    const uses = [aUse("z", "guide", 4), aUse("m", "guide", 9), aUse("a", "guide", 3), aUse("k", "guide", 8)];
    expect(showUse(uses).top_resources.map(({ id }) => id)).toEqual(["m", "k", "a", "z"]);
  });

  it("more when all that is withheld can only have its least number", () => {
    const once = (id: string): CountedResource => ({
      ...aUse(id, "guide", 1),
      uniqueInvestigations: 1,
      totalInvestigations: 1,
    });
    const { top_resources } = showUse([aUse("a", "guide", 20), once("b"), once("c")]);
    expect(toWithheldIds(top_resources)).toEqual(["a", "b", "c"]);
  });

  it("but cannot hide what the Partner's own totals say", () => {
    const { by_kind, figures } = showUse([aUse("a", "guide", 3)]);
    expect(toWithheldIds(by_kind)).toEqual(["guide"]);
    expect(figures.Total_Item_Investigations).toBe(6);
  });
});

describe("toShownFigures() withholds pages", () => {
  const page = (path: string, views: number, people: number, resource = "") => ({
    ...{ path, title: path, views, people, resource },
  });
  const pages = [page("/a", 30, 20), page("/b", 12, 9), page("/c", 3, 2)];

  it.each([
    [45, [30, null, null]],
    [60, [30, 12, null]],
  ])("against %i page views in all", (page_views, shown) => {
    const counted = aCount({ top_pages: pages, figures: { ...NO_FIGURES, active_people: 100, page_views } });
    expect(showAlone(counted).top_pages.map(({ views }) => views)).toEqual(shown);
  });

  it("together with the resource that they show, because they tell of the same clicks", () => {
    const counted = aCountOfUse([aUse("x", "guide", 4), aUse("y", "guide", 8), aUse("z", "guide", 30)]);
    const top_pages = [page("/x", 8, 4, "x"), page("/y", 16, 8, "y"), page("/z", 60, 30, "z"), page("/", 200, 70)];
    const shown = showAlone({ ...counted, top_pages, figures: { ...counted.figures, page_views: 284 } });
    expect(toWithheldIds(shown.top_resources)).toEqual(["x", "y"]);
    expect(shown.top_pages.map(({ path, views }) => [path, views])).toEqual([
      ["/z", 60],
      ["/", 200],
      ["/x", null],
      ["/y", null],
    ]);
  });
});
