import { describe, expect, it } from "vitest";
import { type FrozenBody, hasChanged, LATER, parseBody, toBodyText } from "../../../reporting/frozen.ts";
import { LATER_PARTS } from "../../../schemas/record.ts";
import { aRecord } from "../../fixtures/a-record.ts";
import { toFrozenBody } from "../../fixtures/stored-rows.ts";

/** The frozen part of a record, as this release stores it. */
function aBody(given: Partial<FrozenBody> = {}): FrozenBody {
  return { ...toFrozenBody(aRecord()), ...given };
}

/** The same as the first release stored it. */
function anEarlierText(): string {
  const body = aBody();
  const { fee: _, currency: __, ...partner } = body.partner;
  const { events_attended: ___, ...figures } = body.figures;
  const rest = Object.fromEntries(Object.entries(body).filter(([key]) => !(key in LATER)));
  return JSON.stringify({ ...rest, v: 1, partner, figures });
}

describe("parseBody()", () => {
  it("reads what this release stores, to the letter", () => {
    expect(parseBody(toBodyText(aBody()))).toEqual(aBody());
  });

  it("reads what the first release stored; what it did not count is unknown, not zero", () => {
    const body = parseBody(anEarlierText());
    expect(body).toMatchObject({ v: 1, people_min: 5, days: aBody().days, partner: { seats: 450, fee: null } });
    expect(body.figures).toEqual({ ...aBody().figures, events_attended: 0 });
    expect(body).toMatchObject(LATER);
    expect(body.newcomers).toEqual({ new_people: null, returning_people: null, absence: "not_counted" });
  });

  it("knows a name for everything that the first release did not count", () => {
    const { completeness: _, ...later } = LATER;
    expect(Object.keys(later).sort()).toEqual(LATER_PARTS.filter((part) => part !== "events_attended").toSorted());
  });

  it.each([
    [{ v: 2 }, "partner"],
    [{ v: 1 }, "partner"],
    [{}, "v"],
    [{ ...aBody(), v: 3 }, "v"],
    [{ ...aBody(), days: [-1] }, "days.0"],
  ])("refuses %#: none of ours", (body, path) => {
    expect(() => parseBody(JSON.stringify(body))).toThrow(`Cannot read a frozen record: ${path} must be`);
  });
});

describe("a body that an earlier build stored", () => {
  const none = { responses: 0, average: null } as const;
  const rows = [
    { term: "kinship care", searches: 10, people: 6 },
    { term: "zeal", searches: 20, people: 12 },
    { term: "neglect", searches: 20, people: 12 },
  ];
  const stored = aBody({ searches: rows, feedback: { ...none, absence: "withheld" } });
  const read = parseBody(toBodyText(stored));

  it("is read with the most searched terms first, and tells that no feedback was given", () => {
    expect(read.searches.map(({ term }) => term)).toEqual(["neglect", "zeal", "kinship care"]);
    expect(read.feedback).toEqual({ ...none, absence: "none_given" });
  });

  it("makes no new version of a month that is the same", () => {
    expect(hasChanged(read, { ...stored, searches: read.searches, feedback: { ...none, absence: "none_given" } })).toBe(
      false,
    );
  });
});

describe("hasChanged()", () => {
  const body = aBody();
  const first = <Row>(rows: readonly Row[], given: Partial<Row>) =>
    rows.map((row, at) => (at === 0 ? { ...row, ...given } : row));

  it.each<[string, Partial<FrozenBody>]>([
    ["nothing", {}],
    ["a title", { top_pages: first(body.top_pages, { title: "new" }) }],
    ["an event's title", { events: first(body.events, { title: "new" }) }],
    ["seats and fee", { partner: { ...body.partner, seats: 1, fee: 2 } }],
    ["the peer band", { peers: [] }],
    ["how complete it is", { completeness: { ...body.completeness, silent_days: ["2026-10-03"] } }],
  ])("says no when %s changes", (_, given) => {
    expect(hasChanged(body, aBody(given))).toBe(false);
  });

  it.each<[string, Partial<FrozenBody>]>([
    ["a figure", { figures: { ...body.figures, visits: 0 } }],
    ["events attended", { figures: { ...body.figures, events_attended: 0 } }],
    ["a department", { departments: first(body.departments, { people: 182 }) }],
    ["an event", { events: first(body.events, { attendees: 35 }) }],
    ["a search", { searches: [] }],
    ["a topic", { by_topic: first(body.by_topic, { people: null }) }],
    ["engaged time", { engaged: { ...body.engaged, engaged_ms: 1 } }],
    ["feedback", { feedback: { ...body.feedback, average: 4.3 } }],
    ["newcomers", { newcomers: { ...body.newcomers, new_people: 64 } }],
    ["whether the month was over", { completeness: { ...body.completeness, provisional: true } }],
    ["the zone", { partner: { ...body.partner, zone: "Europe/Dublin" } }],
  ])("says yes when %s changes", (_, given) => {
    expect(hasChanged(body, aBody(given))).toBe(true);
  });

  describe("beside a body of the first release", () => {
    const earlier = parseBody(anEarlierText());
    const second = <Row>(rows: readonly Row[], given: Partial<Row>) =>
      rows.map((row, at) => (at === 1 ? { ...row, ...given } : row));

    it.each<[string, Partial<FrozenBody>]>([
      ["what the first release did not count", {}],
      ["which cells are withheld", { by_kind: second(body.by_kind, { people: null }) }],
      ["the order of rows", { top_pages: body.top_pages.toReversed() }],
    ])("says no when all that differs is %s", (_, given) => {
      expect(hasChanged(earlier, aBody(given))).toBe(false);
    });

    it.each<[string, Partial<FrozenBody>]>([
      ["a total", { figures: { ...body.figures, visits: 0 } }],
      ["the trail", { how_counted: { ...body.how_counted, double_clicks: 0 } }],
      ["a cell that both show", { top_resources: second(body.top_resources, { totalRequests: 1 }) }],
    ])("says yes when %s differs", (_, given) => {
      expect(hasChanged(earlier, aBody(given))).toBe(true);
    });
  });
});
