import { describe, expect, it } from "vitest";
import type { FrozenFigures } from "../../../schemas/record.ts";
import { LinearPuzzle } from "../../fixtures/linear-puzzle.ts";
import type { Deed } from "../../fixtures/month-of-people.ts";
import { addRecord, findGivenAway, findGivenAwayByVersions, type Published } from "../../fixtures/reader.ts";
import { describeSolver } from "../../fixtures/solver-suite.ts";
import { publish, toWebsite } from "../../fixtures/suppressed-months.ts";

// A few rounds on every change; the contract tests have many.
describeSolver(3);

/** Who did what, so that each structure has just one row of few people. */
function aMonth(deeds: readonly Partial<Deed>[], listedMax = 20): Published {
  const whole = deeds.map(
    (deed): Deed => ({ person: 0, type: "download", item: "r0", full: true, day: 0, hour: 9, ...deed }),
  );
  return publish(whole, {
    kindOf: (resource) => (resource === "r3" ? "video" : "guide"),
    topicOf: (resource) => (resource === "r1" || resource === "r3" ? "law" : "care"),
    deptOf: (person) => (person < 3 ? "small" : person < 9 ? "middle" : "large"),
    isNew: (person) => person < 3,
    ...{ listedMax, firstWeekday: 3, peopleMin: 5 },
  });
}

const people = (count: number, deed: Partial<Deed>, from = 0) =>
  Array.from({ length: count }, (_, person) => ({ person: person + from, ...deed }));

/** Puts back what one more rule withheld. */
function reveal(
  record: Published,
  parts: (counted: Published["counted"], shown: FrozenFigures) => Partial<FrozenFigures>,
) {
  return { ...record, shown: { ...record.shown, ...parts(record.counted, record.shown) } };
}

/** All rows shown but those of fewer than 5 people: suppression without the complementary rows. */
function onlyFew<Row extends object>(
  shown: readonly Row[],
  counted: readonly (Row & { readonly people: number })[],
  id: keyof Row,
) {
  return shown.map((row) => {
    const whole = counted.find((one) => one[id] === row[id]);
    return whole !== undefined && whole.people >= 5 ? whole : row;
  });
}

describe("the solver finds what is given away when a rule is switched off:", () => {
  const month = aMonth([
    ...people(40, { item: "r0" }, 3),
    ...people(3, { item: "r2" }),
    ...people(3, { item: "r2", hour: 11 }),
    ...people(20, { item: "r4" }, 9),
    ...people(9, { item: "r1" }, 12),
    ...people(6, { item: "r3" }, 12),
    ...people(4, { item: "r3", hour: 14 }, 12),
  ]);

  it("nothing in the record as it is published", () => {
    expect(findGivenAway(month)).toEqual([]);
  });

  it("one department alone", () => {
    const bad = reveal(month, (counted, shown) => ({
      departments: onlyFew(shown.departments, counted.departments, "dept"),
    }));
    expect(findGivenAway(bad)).toContain("dept:small:people");
  });

  it("a department alone, where the record says which cells are of few people and which only protect them", () => {
    const two = aMonth([{ person: 0 }, ...people(5, {}, 3), ...people(40, {}, 9)]);
    const toWithheld = two.shown.departments.flatMap(({ dept, people: some }) => (some === null ? [dept] : []));
    expect(toWithheld).toEqual(["middle", "small"]);
    const worksOut = (words: "alike" | "told apart") => {
      const puzzle = new LinearPuzzle();
      const secrets = addRecord(puzzle, two);
      if (words === "told apart") {
        puzzle.atLeast([["dept:small:people", -1]], -4); // "fewer than 5"
        puzzle.atLeast([["dept:middle:people", 1]], 5); // "withheld", so not fewer than 5
      }
      return puzzle.findDetermined(secrets).filter((name) => name.startsWith("dept:"));
    };
    expect(worksOut("alike")).toEqual([]);
    expect(worksOut("told apart")).toEqual(expect.arrayContaining(["dept:small:people", "dept:middle:people"]));
  });

  it("one resource of its kind, or of its topic, alone", () => {
    const bad = reveal(month, (counted, shown) => ({
      top_resources: onlyFew(shown.top_resources, counted.top_resources, "id"),
    }));
    expect(findGivenAway(bad)).toContain("resource:r2:uniqueRequests");
  });

  it("a resource that is not even listed, where it is the only one of few people of its kind, or of its topic", () => {
    const unlisted = aMonth(
      [...people(40, { item: "r0" }, 3), ...people(3, { item: "r2" }), ...people(9, { item: "r4" }, 9)],
      0,
    );
    expect(findGivenAway(unlisted)).toEqual([]);
    expect(unlisted.shown.top_resources.map(({ id }) => id)).not.toContain("r2");
    const bad = reveal(unlisted, (counted) => ({
      top_resources: counted.top_resources.map(({ topic: _, ...row }) => row),
    }));
    expect(findGivenAway(bad)).toContain("resource:r2:uniqueRequests");
  });

  it("a kind alone", () => {
    const bad = reveal(month, (_, shown) => ({
      by_kind: shown.by_kind.map((row) => (row.id === "video" ? { ...row, totalRequests: null, people: null } : row)),
    }));
    expect(findGivenAway(bad)).toContain("kind:video:totalRequests");
  });

  it("a resource whose page is shown", () => {
    const pages = aMonth([
      ...people(3, { type: "page_view", item: "/r/r2", full: false }),
      ...people(6, { type: "page_view", item: "/r/r4", full: false }, 3),
      ...people(30, { type: "page_view", item: "/r/r0", full: false }, 3),
    ]);
    expect(findGivenAway(pages)).toEqual([]);
    const bad = reveal(pages, (counted) => ({ top_pages: counted.top_pages.map(({ resource: _, ...page }) => page) }));
    expect(findGivenAway(bad)).toContain("resource:r2:totalInvestigations");
  });

  it("an event alone", () => {
    const events = aMonth([
      ...people(3, { type: "attend", item: "e1" }),
      ...people(7, { type: "attend", item: "e2" }),
      ...people(9, { type: "attend", item: "e3" }),
    ]);
    expect(findGivenAway(events)).toEqual([]);
    const bad = reveal(events, (counted) => ({
      events: counted.events.map((row) => (row.id === "e1" ? { ...row, attendees: null } : row)),
    }));
    expect(findGivenAway(bad)).toEqual(["event:e1"]);
  });

  it("a day, and an hour, alone", () => {
    const views = { type: "page_view", item: "/p0", full: false } as const;
    const days = aMonth([
      ...people(9, { item: "r0" }),
      ...people(9, { ...views, day: 4, hour: 10 }),
      ...people(8, { ...views, day: 5, hour: 11 }),
      ...people(3, { ...views, day: 6, hour: 12 }),
    ]);
    expect(findGivenAway(days)).toEqual([]);
    const lone = reveal(days, (counted, shown) => ({
      days: shown.days.map((_, day) => (day === 6 ? null : (counted.days[day]?.actions ?? 0))),
    }));
    expect(findGivenAway(lone)).toContain("day:6");
    const hour = reveal(days, (counted, shown) => ({
      days: shown.days,
      weekday_hours: counted.weekday_hours.map((cells) =>
        cells.map(({ people: few, actions }) => (few === 3 ? null : actions)),
      ),
    }));
    expect(findGivenAway(hour)).toContain("hour:2:12");
  });

  it("the searches of few, where all other terms are shown", () => {
    const searches = aMonth([
      ...people(9, { type: "search", item: "neglect" }),
      ...people(6, { type: "search", item: "kinship" }),
      ...people(2, { type: "search", item: "a name" }),
    ]);
    expect(searches.shown.searches.map(({ term }) => term)).toEqual(["neglect"]);
    expect(findGivenAway(searches)).toEqual([]);
    const bad = reveal(searches, (counted) => ({ searches: counted.searches.rows }));
    expect(findGivenAway(bad)).toEqual(["searches of few"]);
  });

  it("new people, where returning ones are shown", () => {
    expect(month.shown.newcomers).toEqual({ new_people: null, returning_people: null, absence: "withheld" });
    const bad = reveal(month, (counted, shown) => ({
      newcomers: { ...shown.newcomers, returning_people: counted.newcomers.returning_people },
    }));
    expect(findGivenAway(bad)).toContain("new");
  });

  it("those who agreed and were never engaged", () => {
    const agreed = aMonth([
      ...people(5, { item: "r0" }).map((deed) => ({ ...deed, person: deed.person * 4 })),
      { person: 2 },
    ]);
    expect(agreed.shown.engaged).toMatchObject({ engaged_people: null, agreed_people: 6 });
    expect(findGivenAway(agreed)).toEqual([]);
    const bad = reveal(agreed, (counted, shown) => ({ engaged: { ...shown.engaged, ...counted.engaged } }));
    expect(findGivenAway(bad)).toEqual(["idle"]);
  });

  const site = {
    ...toWebsite({ seed: 1, people: 1, deeds: 1, resources: 1, kinds: 1, topics: 1, departments: 1, listedMax: 20 }),
    deptOf: (person: number) => (person < 9 ? "middle" : person < 30 ? "large" : person < 60 ? "larger" : "small"),
  };
  const toWhole = (deeds: readonly (Partial<Deed> & { readonly person: number })[]) =>
    deeds.map((deed): Deed => ({ type: "download", item: "r0", full: true, day: 0, hour: 9, ...deed }));

  it("a department that was 6 people and is 5", () => {
    const whole = toWhole(people(50, { item: "r0" }, 3));
    const left = whole.filter(({ person }) => person !== 3);
    const first = publish(whole, site);
    expect(first.shown.departments.every(({ people: shown }) => shown !== null)).toBe(true);
    const second = publish(left, site, { versions: [first] });
    expect(second.shown.departments.filter((row) => row.people === null).map(({ dept }) => dept)).toContain("middle");
    expect(findGivenAwayByVersions(first, second, "erasure")).toEqual([]);
    expect(findGivenAwayByVersions(first, publish(left, site), "erasure")).toContain("difference dept:middle:people");
  });

  it("a department that was withheld and has not changed", () => {
    const whole = toWhole([...people(46, { item: "r0" }, 3), ...people(4, { item: "r0" }, 60)]);
    const more = [...whole, ...toWhole([{ person: 9, type: "search", item: "neglect", full: false }])];
    const first = publish(whole, site);
    const second = publish(more, site, { versions: [first] });
    const toWithheld = ({ shown }: Published) =>
      shown.departments.flatMap(({ dept, people: some }) => (some === null ? [dept] : []));
    expect(toWithheld(first)).toEqual(["middle", "small"]);
    expect(toWithheld(second)).toEqual(expect.arrayContaining(["middle", "small"]));
    expect(findGivenAwayByVersions(first, second, "late data")).toEqual([]);
    const bad = reveal(second, (counted) => ({
      departments: counted.departments.map((row) =>
        row.dept === "middle" ? row : { ...row, people: null, uniqueRequests: null, actions: null },
      ),
    }));
    expect(findGivenAwayByVersions(first, bad, "late data")).toContain("v1 dept:small:people");
  });
});
