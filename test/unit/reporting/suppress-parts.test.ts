import { describe, expect, it } from "vitest";
import type { CountedFigures } from "../../../reporting/counted.ts";
import { toShownFigures } from "../../../reporting/suppress.ts";
import type { FrozenFigures } from "../../../schemas/record.ts";
import { NO_FIGURES } from "../../fixtures/a-record.ts";
import { aCount, showAlone } from "../../fixtures/counted-figures.ts";
import { aBody } from "../../fixtures/suppressed-months.ts";

const showAfter = (counted: CountedFigures, ...versions: readonly FrozenFigures[]) =>
  toShownFigures(counted, { firstWeekday: 3, earlierVersions: versions.map(aBody), previousMonth: undefined }, 5);

describe("toShownFigures() shows new and returning people", () => {
  const count = (new_people: number, returning_people: number) =>
    aCount({ newcomers: { new_people, returning_people, absence: null } });

  it.each([
    [0, 100, true],
    [5, 95, true],
    [4, 96, false],
    [97, 3, false],
    [0, 0, true],
  ])("%i and %i: %s", (new_people, returning_people, isShown) => {
    const { newcomers } = showAlone(count(new_people, returning_people));
    expect(newcomers).toEqual(
      isShown
        ? { new_people, returning_people, absence: null }
        : { new_people: null, returning_people: null, absence: "withheld" },
    );
  });

  it("unless pseudonym keys changed", () => {
    const counted = aCount({ newcomers: { new_people: 0, returning_people: 0, absence: "key_rotation" } });
    expect(showAlone(counted).newcomers).toEqual({ new_people: null, returning_people: null, absence: "key_rotation" });
  });

  it("unless an earlier version showed one more, or none", () => {
    const first = showAlone(count(10, 90));
    expect(showAfter(count(10, 89), first).newcomers.absence).toBe("withheld");
    expect(showAfter(count(10, 90), first).newcomers.absence).toBeNull();
    expect(showAfter(count(20, 80), first).newcomers.absence).toBeNull();
    expect(showAfter(count(10, 90), showAlone(count(4, 90))).newcomers.absence).toBe("withheld");
  });
});

describe("toShownFigures() shows engaged time", () => {
  const count = (engaged_people: number, agreed_people: number, engaged_ms = 1_000) =>
    aCount({ engaged: { engaged_ms, engaged_people, agreed_people } });
  const nothing = { engaged_ms: null, engaged_people: null, agreed_people: null, absence: "withheld" };

  it.each([
    [0, 0, { engaged_ms: 1_000, engaged_people: 0, agreed_people: 0, absence: null }],
    [10, 10, { engaged_ms: 1_000, engaged_people: 10, agreed_people: 10, absence: null }],
    [10, 15, { engaged_ms: 1_000, engaged_people: 10, agreed_people: 15, absence: null }],
    [10, 13, { engaged_ms: 1_000, engaged_people: null, agreed_people: 13, absence: "withheld" }],
    [4, 15, nothing],
    [3, 4, nothing],
  ])("of %i of %i people who agreed", (engaged, agreed, shown) => {
    expect(showAlone(count(engaged, agreed)).engaged).toEqual(shown);
  });

  it.each([
    ["nothing changed", count(10, 20), false],
    ["one person more agreed", count(10, 21), true],
    ["one person fewer was engaged", count(9, 20), true],
    ["only the time changed", count(10, 20, 900), true],
    ["many changed", count(20, 40, 3_000), false],
  ])("after a version of 10 of 20, unless few people are behind the change: %s", (_, now, isWithheld) => {
    expect(showAfter(now, showAlone(count(10, 20))).engaged.absence).toBe(isWithheld ? "withheld" : null);
  });
});

describe("toShownFigures() shows the average score", () => {
  const count = (responses: number, scorers: number, score_sum: number, people = scorers) =>
    aCount({ feedback: { responses, scorers, score_sum, people } });

  it("to one decimal, if enough people gave one; how many answered always", () => {
    expect(showAlone(count(9, 7, 30)).feedback).toEqual({ responses: 9, average: 4.3, absence: null });
    expect(showAlone(count(9, 4, 16)).feedback).toEqual({ responses: 9, average: null, absence: "withheld" });
    expect(showAlone(count(9, 7, 30, 4)).feedback).toEqual({ responses: 9, average: null, absence: "withheld" });
    expect(showAlone(count(2, 0, 0)).feedback).toEqual({ responses: 2, average: null, absence: "withheld" });
    expect(showAlone(count(0, 0, 0)).feedback).toEqual({ responses: 0, average: null, absence: "none_given" });
  });

  it("unless it would tell what one person gave, beside an earlier version", () => {
    const first = showAlone(count(9, 9, 36));
    expect(showAfter(count(8, 8, 31), first).feedback.average).toBeNull();
    expect(showAfter(count(9, 9, 37), first).feedback.average).toBeNull();
    expect(showAfter(count(9, 9, 36), first).feedback.average).toBe(4);
    expect(showAfter(count(20, 20, 90), first).feedback.average).toBe(4.5);
  });
});

describe("toShownFigures() lists searched terms", () => {
  const row = (term: string, people: number) => ({ term, searches: people * 2, people });
  const count = (rest_people: number, ...rows: readonly ReturnType<typeof row>[]) =>
    aCount({ searches: { rows, rest_people } });
  const toTerms = ({ searches }: FrozenFigures) => searches.map(({ term }) => term);
  const rows = [row("neglect", 20), row("kinship", 9), row("court", 6)];

  it.each([
    [0, ["neglect", "kinship", "court"]],
    [1, ["neglect", "kinship"]],
    [4, ["neglect", "kinship"]],
    [5, ["neglect", "kinship", "court"]],
  ])("where the terms not listed are of %i people", (rest, terms) => {
    expect(toTerms(showAlone(count(rest, ...rows)))).toEqual(terms);
  });

  it("without one that an earlier version showed of one person more, nor one that it did not list", () => {
    const first = showAlone(count(9, ...rows));
    expect(toTerms(showAfter(count(9, row("neglect", 19), row("kinship", 9), row("court", 6)), first))).toEqual([
      "kinship",
      "court",
    ]);
    expect(toTerms(showAfter(count(9, ...rows, row("law", 5)), first))).toEqual(["neglect", "kinship", "court"]);
  });

  it("without another, where the one that is missing is all that is not listed", () => {
    const first = showAlone(count(0, ...rows));
    expect(toTerms(showAfter(count(0, row("neglect", 19), row("kinship", 9), row("court", 6)), first))).toEqual([
      "kinship",
    ]);
  });
});

describe("toShownFigures() shows days and hours", () => {
  const cell = (people: number) => ({ actions: people * 3, people });
  const count = (people: readonly number[], active_people = 100) =>
    aCount({ figures: { ...NO_FIGURES, active_people }, days: people.map(cell) });

  it.each([
    ["all of enough people", [9, 8, 0], [27, 24, 0]],
    ["two of few: both, and no more", [9, 8, 2, 3], [27, 24, null, null]],
    ["one of few: also the smallest of the others", [9, 8, 2], [27, null, null]],
    ["a day without anybody stays 0", [9, 8, 0, 2], [27, null, 0, null]],
  ])("%s", (_, people, days) => {
    expect(showAlone(count(people)).days).toEqual(days);
  });

  it("not at all, nor how many days have data, if all active people are few", () => {
    const shown = showAlone(count([4, 4], 4));
    expect(shown).toMatchObject({ days: [], weekday_hours: [] });
    expect(shown.completeness.days_with_data).toBeNull();
    expect(showAlone(count([5, 5], 5)).completeness.days_with_data).toBe(31);
  });

  it("without a square that changed while few people came or went, even if it is empty now", () => {
    const first = showAlone(count([20, 9, 8, 7], 40));
    expect(showAfter(count([20, 9, 8, 6], 39), first).days).toEqual([60, 27, null, null]);
    const few = showAlone(count([20, 9, 2, 2], 40));
    expect(showAfter(count([20, 9, 2, 0], 38), few).days).toEqual([60, 27, null, null]);
  });
});

describe("toShownFigures() beside earlier versions", () => {
  const count = (...people: readonly number[]) =>
    aCount({
      figures: { ...NO_FIGURES, active_people: people.reduce((sum, some) => sum + some, 0) },
      departments: people.map((some, at) => ({
        dept: `d${at}`,
        title: "",
        people: some,
        uniqueRequests: some,
        actions: some * 2,
      })),
    });
  const toWithheld = ({ departments }: FrozenFigures) =>
    departments.flatMap(({ dept, people }) => (people === null ? [dept] : []));

  it.each<[string, CountedFigures, readonly string[]]>([
    ["nothing changed", count(30, 20, 9, 6), []],
    ["one person is gone: that row, and the smallest other", count(30, 20, 9, 5), ["d2", "d3"]],
    ["two rows changed by one person: both, and no more", count(29, 20, 10, 6), ["d0", "d2"]],
    ["five more people came", count(35, 20, 9, 6), []],
  ])("all shown, %s", (_, now, withheld) => {
    expect(toWithheld(showAfter(now, showAlone(count(30, 20, 9, 6))))).toEqual(withheld);
  });

  it("keeps withheld what was, and compares with every version", () => {
    const first = showAlone(count(30, 20, 9, 4));
    expect(toWithheld(first)).toEqual(["d2", "d3"]);
    expect(toWithheld(showAfter(count(36, 26, 15, 10), first))).toEqual(["d2", "d3"]);
    const versions = [showAlone(count(30, 20, 9, 8)), showAlone(count(30, 20, 30, 30))];
    expect(toWithheld(showAfter(count(30, 20, 8, 30), ...versions))).toContain("d2");
  });

  it("does not mind a provisional version, which was never handed out", () => {
    const provisional = showAlone({
      ...count(30, 20, 9, 4),
      completeness: { ...aCount().completeness, provisional: true },
    });
    expect(toWithheld(showAfter(count(30, 20, 9, 6), provisional))).toEqual([]);
  });

  it("prefers, as the second row, one that the month before withheld", () => {
    const previousMonth = aBody(showAlone(count(30, 7, 9, 4)));
    const show = (month: ReturnType<typeof aBody> | undefined) =>
      toWithheld(
        toShownFigures(count(30, 10, 9, 4), { firstWeekday: 3, earlierVersions: [], previousMonth: month }, 5),
      );
    expect(show(undefined)).toEqual(["d2", "d3"]);
    expect(show(previousMonth)).toEqual(["d1", "d3"]);
  });
});
