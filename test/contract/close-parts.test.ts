import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import {
  type Action,
  aMonth,
  CLOSE_SETTINGS,
  type CloseStore,
  insertActions,
  insertOthers,
  insertPartners,
  type OtherEvent,
  openCloseStore,
  toTestId,
} from "../fixtures/close-store.ts";

const MONTH = aMonth("2026-11");
const DAY_MS = 86_400_000;

let store: CloseStore;
let ids = 0;
let partners = 0;

beforeAll(async () => {
  store = await openCloseStore();
});
afterAll(() => store[Symbol.asyncDispose]());

/** A new Partner in UTC. */
async function aPartner(given: { readonly zone?: string } = {}): Promise<string> {
  const id = `partner-${++partners}`;
  await insertPartners(store.warehouse, [{ id, zone: "UTC", ...given }]);
  return id;
}

/** A download of `r1` at noon of a day. */
function aUse(partner: string, person: string, day: string, given: Partial<Action> = {}): Action {
  return {
    ...{ partner, person, id: toTestId(++ids), atMs: Date.parse(`${day}T12:00:00Z`), type: "download" },
    ...{ site: "main", path: `/${ids}`, resource: "r1", full: true },
    ...given,
  };
}

/** A row of another table at noon of a day. */
function aFact(table: OtherEvent["table"], partner: string, day: string, given: Partial<OtherEvent> = {}): OtherEvent {
  return { table, partner, id: toTestId(++ids), atMs: Date.parse(`${day}T12:00:00Z`), reason: "", ...given };
}

const people = (n: number, prefix = "p") => Array.from({ length: n }, (_, at) => `${prefix}${at}`);

/** Closes the month for one Partner and reads its record. */
async function close(partner: string, peopleMin = 1): Promise<RecordOfEngagement> {
  await closeMonth({ ...store, settings: { ...CLOSE_SETTINGS, peopleMin } }, MONTH, { partners: [partner] });
  const record = await readRecord(store.warehouse, MONTH, partner);
  if (record === undefined) throw new Error(`Cannot test Partner ${partner}: it has no record`);
  return record;
}

describe("events attended", () => {
  it("count each person once an event, from the minutes that are set on, and make people active", async () => {
    const partner = await aPartner();
    await insertOthers(store.warehouse, [
      aFact("attendance", partner, "2026-11-05", { person: "ann", event: "e1", amount: 10 }),
      aFact("attendance", partner, "2026-11-05", { person: "ann", event: "e1", amount: 40 }),
      aFact("attendance", partner, "2026-11-05", { person: "bob", event: "e1", amount: 9 }),
      aFact("attendance", partner, "2026-11-07", { person: "ann", event: "e2", amount: 90 }),
      aFact("attendance", partner, "2026-11-06", { person: "cid", event: "e2", amount: 90 }),
      aFact("attendance", partner, "2026-12-01", { person: "dot", event: "e2", amount: 90 }),
    ]);
    const record = await close(partner);
    expect(record.figures).toMatchObject({ events_attended: 3, active_people: 2, visits: 0, page_views: 0 });
    expect(record.events).toEqual([
      { id: "e1", title: "Title of e1", kind: "webinar", date: "2026-11-05", attendees: 1 },
      { id: "e2", title: "Title of e2", kind: "webinar", date: "2026-11-06", attendees: 2 },
    ]);
    expect(record.how_counted.counted_by_purpose.engagement).toBe(5);
    expect(record.completeness.attended_minutes_min).toBe(10);
  });

  it("take the most minutes of what was told twice about one attendance, whatever its time was then", async () => {
    const partner = await aPartner();
    const first = aFact("attendance", partner, "2026-11-05", { person: "ann", amount: 4 });
    await insertOthers(store.warehouse, [first]);
    expect((await close(partner)).figures.events_attended).toBe(0);
    await insertOthers(store.warehouse, [{ ...first, amount: 44, atMs: first.atMs + 2 * DAY_MS }, first]);
    const record = await close(partner);
    expect(record.figures.events_attended).toBe(1);
    expect(record.events).toMatchObject([{ date: "2026-11-05", attendees: 1 }]);
    expect(record).toMatchObject({ version: 2, reason: "late data", how_counted: { received: 1 } });
  });

  it("lie on the first day on which somebody stayed, not on one on which they only looked in", async () => {
    const partner = await aPartner();
    const stayed = aFact("attendance", partner, "2026-11-15", { person: "ann", amount: 10 });
    const lookedIn = aFact("attendance", partner, "2026-11-14", { person: "ann", amount: 5 });
    await insertOthers(store.warehouse, [stayed, lookedIn]);
    expect((await close(partner)).events).toMatchObject([{ date: "2026-11-15", attendees: 1 }]);
  });

  it("take the most minutes across the border of a month, in the month in which it was first", async () => {
    const partner = await aPartner();
    const first = aFact("attendance", partner, "2026-11-30", { person: "ann", amount: 4 });
    await insertOthers(store.warehouse, [first, { ...first, amount: 44, atMs: first.atMs + DAY_MS }]);
    expect((await close(partner)).events).toMatchObject([{ date: "2026-11-30", attendees: 1 }]);
    const december = aMonth("2026-12");
    await closeMonth({ ...store, settings: CLOSE_SETTINGS }, december, { partners: [partner] });
    const next = await readRecord(store.warehouse, december, partner);
    expect(next).toMatchObject({ figures: { events_attended: 0 }, how_counted: { received: 0 } });
  });

  it("stay attended where a shorter time is told of an earlier start", async () => {
    const partner = await aPartner();
    const first = aFact("attendance", partner, "2026-11-05", { person: "ann", amount: 44 });
    await insertOthers(store.warehouse, [first, { ...first, amount: 4, atMs: first.atMs - 3_600_000 }]);
    expect((await close(partner)).figures.events_attended).toBe(1);
  });

  it("lie on the local day of the Partner", async () => {
    const partner = await aPartner({ zone: "Pacific/Kiritimati" });
    const atMs = Date.parse("2026-11-05T11:00:00Z");
    await insertOthers(store.warehouse, [aFact("attendance", partner, "2026-11-05", { person: "ann", atMs })]);
    expect((await close(partner)).events).toMatchObject([{ date: "2026-11-06" }]);
  });
});

describe("new and returning people", () => {
  it("part by any counted action in the 12 months before, in the Partner's zone", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [
      ...["ann", "bob", "cid", "dot", "eve"].map((person) => aUse(partner, person, "2026-11-10")),
      // Within the year: its first instant, and the last day before the month.
      aUse(partner, "ann", "2025-11-01", { atMs: Date.parse("2025-11-01T00:00:00Z") }),
      aUse(partner, "bob", "2026-10-31", { atMs: Date.parse("2026-10-31T23:59:59.999Z") }),
      // An instant too early.
      aUse(partner, "cid", "2025-10-31", { atMs: Date.parse("2025-10-31T23:59:59.999Z") }),
      // Here before, not now.
      aUse(partner, "fay", "2026-09-01"),
    ]);
    // Too short to count, and long enough.
    await insertOthers(store.warehouse, [
      aFact("attendance", partner, "2026-10-01", { person: "dot", amount: 9 }),
      aFact("attendance", partner, "2026-10-01", { person: "eve", amount: 10 }),
    ]);
    expect((await close(partner)).newcomers).toEqual({ new_people: 2, returning_people: 3, absence: null });
  });

  it("are known from the last day of a person where the rows of that day are purged", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [aUse(partner, "ann", "2026-11-10"), aUse(partner, "bob", "2026-11-10")]);
    const pseudonym = "ann".padEnd(16, "_");
    await store.warehouse.insertRows("people", [{ partner, pseudonym, epoch: 1, last_day: "2025-11-20" }]);
    expect((await close(partner)).newcomers).toMatchObject({ new_people: 1, returning_people: 1 });
  });

  it("are not known across a change of keys, and are again a year later", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [
      aUse(partner, "ann", "2026-03-10", { epoch: 1 }),
      aUse(partner, "ann-2", "2026-11-10", { epoch: 2 }),
    ]);
    expect((await close(partner)).newcomers).toEqual({
      ...{ new_people: null, returning_people: null },
      absence: "key_rotation",
    });
    const later = await aPartner();
    await insertActions(store.warehouse, [
      aUse(later, "ann", "2025-10-10", { epoch: 1 }),
      aUse(later, "ann-2", "2026-11-10", { epoch: 2 }),
    ]);
    expect((await close(later)).newcomers).toEqual({ new_people: 1, returning_people: 0, absence: null });
  });
});

describe("departments", () => {
  it("have each active person once, where they were last, and add up to the Partner", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [
      aUse(partner, "ann", "2026-11-01", { dept: "Adults" }),
      aUse(partner, "ann", "2026-11-02", { dept: "Children" }),
      aUse(partner, "ann", "2026-11-03"),
      aUse(partner, "bob", "2026-11-01", { dept: "Adults" }),
      aUse(partner, "cid", "2026-11-01"),
      // Opens a page that is no resource, so is not active.
      aUse(partner, "dot", "2026-11-01", { dept: "Adults", type: "page_view", resource: "", full: false }),
    ]);
    await insertOthers(store.warehouse, [
      aFact("attendance", partner, "2026-11-20", { person: "bob", dept: "Finance" }),
    ]);
    const record = await close(partner);
    expect(record.departments).toEqual([
      { dept: "Children", title: "Children", people: 1, uniqueRequests: 3, actions: 3 },
      { dept: "Finance", title: "Finance", people: 1, uniqueRequests: 1, actions: 2 },
      { dept: "", title: "Not given", people: 1, uniqueRequests: 1, actions: 1 },
    ]);
    const sum = record.departments.reduce((total, row) => total + (row.people ?? 0), 0);
    expect(sum).toBe(record.figures.active_people);
  });
});

describe("searches", () => {
  it("list terms of at least so many people, whatever their case and spaces", async () => {
    const partner = await aPartner();
    const search = (person: string, term: string) =>
      aUse(partner, person, "2026-11-10", { type: "search", path: "/search", resource: "", full: false, term });
    await insertActions(store.warehouse, [
      ...people(3).flatMap((person) => [search(person, "Kinship  Care"), search(person, " kinship care")]),
      ...people(5, "q").map((person) => search(person, "neglect")),
      ...people(2, "r").flatMap((person) => [search(person, "neglect"), search(person, "")]),
      ...people(5, "s").map((person) => search(person, person)),
    ]);
    const record = await close(partner, 5);
    expect(record.searches).toEqual([{ term: "neglect", searches: 7, people: 7 }]);
    expect(record.figures.Searches_Platform).toBe(6 + 5 + 4 + 5);
  });

  it("come most searched first, then by term", async () => {
    const partner = await aPartner();
    const words = [
      "adoption",
      "court",
      "drift",
      "harm",
      "kinship",
      "neglect",
      "placement",
      "review",
      "school",
      "trauma",
    ];
    const terms = [...words.map((term, at) => ({ term, times: at + 1 })), { term: "abuse", times: 1 }];
    await insertActions(
      store.warehouse,
      terms.flatMap(({ term, times }) =>
        people(times).map((person) => aUse(partner, person, "2026-11-10", { type: "search", resource: "", term })),
      ),
    );
    const record = await close(partner);
    expect(record.searches.map(({ term }) => term)).toEqual([...words.slice(1).reverse(), "abuse", "adoption"]);
  });
});

describe("topics", () => {
  it("are those that the site gave last, and Unspecified where it gave none", async () => {
    const partner = await aPartner();
    const seen = (id: string, topic: string, at: string) => ({
      ...{ partner, kind: "resource", id, title: id, type: "guide", topic, at },
    });
    await store.warehouse.insertRows("resources", [
      seen("r1", "Neglect", "2026-11-01 00:00:00"),
      seen("r1", "Safeguarding", "2026-11-02 00:00:00"),
      seen("r2", "", "2026-11-01 00:00:00"),
    ]);
    await insertActions(store.warehouse, [
      aUse(partner, "ann", "2026-11-10", { resource: "r1" }),
      aUse(partner, "bob", "2026-11-10", { resource: "r1" }),
      aUse(partner, "bob", "2026-11-10", { resource: "r2" }),
    ]);
    expect((await close(partner)).by_topic).toMatchObject([
      { id: "Safeguarding", title: "Safeguarding", uniqueRequests: 2, people: 2 },
      { id: "", title: "Unspecified", uniqueRequests: 1, people: 1 },
    ]);
  });
});

describe("engaged time and feedback", () => {
  it("are of those who agreed, and of those who answered", async () => {
    const partner = await aPartner();
    await insertOthers(store.warehouse, [
      aFact("behaviour", partner, "2026-11-01", { person: "ann", amount: 60_000 }),
      aFact("behaviour", partner, "2026-11-02", { person: "ann", amount: 5_000 }),
      aFact("behaviour", partner, "2026-11-02", { person: "bob", amount: 0 }),
      aFact("feedback", partner, "2026-11-02", { amount: 5 }),
      aFact("feedback", partner, "2026-11-02", { amount: 4 }),
      aFact("feedback", partner, "2026-11-02", { amount: 4 }),
      // A comment without a score.
      aFact("feedback", partner, "2026-11-02", { amount: 0 }),
    ]);
    const record = await close(partner);
    expect(record.engaged).toEqual({ engaged_ms: 65_000, engaged_people: 1, agreed_people: 2, absence: null });
    expect(record.feedback).toEqual({ responses: 4, average: 4.3, absence: null });
    expect(record.figures.active_people).toBe(0);
  });
});

describe("the average score", () => {
  const answers = (partner: string, n: number, given: Partial<OtherEvent>) =>
    Array.from({ length: n }, () => aFact("feedback", partner, "2026-11-02", { amount: 4, ...given }));

  it.each([
    ["of five people who are known", people(5).map((person) => ({ n: 1, given: { person } })), 4],
    ["of one person who is known and answered five times", [{ n: 5, given: { person: "ann", event: "e1" } }], null],
    ["of five answers of nobody to one event", [{ n: 5, given: { event: "e1" } }], 4],
    ["of five answers of nobody to one resource", [{ n: 5, given: { resource: "r1" } }], 4],
    ["of answers of nobody to five resources", people(5).map((resource) => ({ n: 1, given: { resource } })), null],
    ["of five answers of nobody on one page", [{ n: 5, given: { path: "/a" } }], 4],
    ["of answers of nobody on five pages", people(5).map((path) => ({ n: 1, given: { path } })), null],
    [
      "of four known people and four answers of nobody, who may be the same",
      [...people(4).map((person) => ({ n: 1, given: { person } })), { n: 4, given: { resource: "r1" } }],
      null,
    ],
    [
      "of five answers, one without a score",
      [
        { n: 4, given: { event: "e1" } },
        { n: 1, given: { event: "e1", amount: 0 } },
      ],
      null,
    ],
  ] as const)("%s is told only if it is surely of enough people", async (_, parts, average) => {
    const partner = await aPartner();
    await insertOthers(
      store.warehouse,
      parts.flatMap(({ n, given }) => answers(partner, n, given)),
    );
    const { feedback } = await close(partner, 5);
    expect(feedback).toMatchObject({ average, absence: average === null ? "withheld" : null });
  });
});

describe("people whose processing is restricted", () => {
  it("are in no part of the record", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [
      aUse(partner, "ann", "2026-11-01", { dept: "Adults" }),
      aUse(partner, "ann", "2026-11-01", { type: "search", term: "neglect", resource: "" }),
    ]);
    await insertOthers(store.warehouse, [
      aFact("attendance", partner, "2026-11-01", { person: "ann" }),
      aFact("behaviour", partner, "2026-11-01", { person: "ann", amount: 100 }),
      aFact("feedback", partner, "2026-11-01", { person: "ann" }),
    ]);
    const restricted = ["ann", "b-ann"].map((name) => ({ partner, pseudonym: name.padEnd(16, "_") }));
    await store.warehouse.insertRows("restricted", restricted);
    const record = await close(partner);
    expect(Object.values(record.figures).every((value) => value === 0)).toBe(true);
    expect(record).toMatchObject({ departments: [], searches: [], events: [], by_topic: [] });
    expect(record.newcomers).toMatchObject({ new_people: 0, returning_people: 0 });
    expect(record.engaged).toMatchObject({ engaged_ms: 0, agreed_people: 0 });
    expect(record.feedback.responses).toBe(0);
    expect(record.how_counted.received).toBe(0);
  });
});

describe("how complete a record is", () => {
  it("says on which days anything came, and on which nothing came for anybody", async () => {
    await using own = await openCloseStore();
    await insertPartners(own.warehouse, [
      { id: "acme", zone: "UTC" },
      { id: "zeta", zone: "UTC" },
    ]);
    const days = Array.from({ length: 29 }, (_, at) => new Date(Date.parse("2026-11-01") + at * DAY_MS));
    const quiet = ["2026-11-08", "2026-11-30"];
    await insertActions(own.warehouse, [
      ...days
        .map((day) => day.toISOString().slice(0, 10))
        .filter((day) => !quiet.includes(day))
        .map((day) => aUse("zeta", "zoe", day)),
      aUse("acme", "ann", "2026-11-03"),
      aUse("acme", "bob", "2026-11-03"),
    ]);
    await insertOthers(own.warehouse, [aFact("drops", "acme", "2026-11-04", { reason: "robot" })]);
    await closeMonth({ ...own, settings: { ...CLOSE_SETTINGS, peopleMin: 1 } }, MONTH);
    const record = await readRecord(own.warehouse, MONTH, "acme");
    expect(record?.completeness).toEqual({
      ...{ provisional: false, days_with_data: 2, silent_days: quiet },
      ...{ late_hours_max: 72, attended_minutes_min: 10 },
    });
  });

  it("says that the month was not over, and is another version once it is", async () => {
    const partner = await aPartner();
    await insertActions(store.warehouse, [aUse(partner, "ann", "2026-11-10")]);
    store.at("2026-11-20T00:00:00Z");
    const early = await close(partner);
    expect(early).toMatchObject({ version: 1, completeness: { provisional: true } });
    expect(early.completeness.silent_days.every((day) => day < "2026-11-20")).toBe(true);
    store.at("2026-12-03T02:00:00Z");
    expect(await close(partner)).toMatchObject({
      ...{ version: 2, reason: "the month is over" },
      completeness: { provisional: false },
    });
  });
});

describe("peers", () => {
  it("are those of the group with a record, each as it stands, and stay as they were when the month was closed", async () => {
    await using own = await openCloseStore();
    const names = people(6, "peer-");
    const rows = names.map((id, at) => ({
      ...{ id, name: id, peer_group: "Charities", seats: 10 * (at + 1), fee: null, currency: "" },
      ...{ contract_start: null, contract_end: null, zone: "UTC", updated_at: "2026-01-01 00:00:00.000" },
    }));
    await own.warehouse.insertRows("partners", rows);
    // peer-0 has one person, peer-1 two ...
    const uses = names.flatMap((id, at) => people(at + 1, id).map((person) => aUse(id, person, "2026-11-10")));
    await insertActions(own.warehouse, uses);
    const settings = { ...CLOSE_SETTINGS, peopleMin: 1 };
    await closeMonth({ ...own, settings }, MONTH);
    const first = await readRecord(own.warehouse, MONTH, "peer-0");
    expect(first?.value.peers).toEqual([
      { figure: "Unique_Item_Requests", partners: 6, lower_quartile: 2.25, median: 3.5, upper_quartile: 4.75 },
      { figure: "active_people", partners: 6, lower_quartile: 2.25, median: 3.5, upper_quartile: 4.75 },
      { figure: "utilisation", partners: 6, lower_quartile: 0.1, median: 0.1, upper_quartile: 0.1 },
    ]);
    // Another Partner's month changes: its own record does, this one's does not.
    await insertActions(own.warehouse, [aUse("peer-5", "late", "2026-11-11")]);
    const report = await closeMonth({ ...own, settings }, MONTH);
    expect(report.partners.filter(({ changed }) => changed).map(({ partner }) => partner)).toEqual(["peer-5"]);
    expect((await readRecord(own.warehouse, MONTH, "peer-5"))?.value.peers[1]).toMatchObject({ partners: 6 });
    expect((await readRecord(own.warehouse, MONTH, "peer-0"))?.value.peers).toEqual(first?.value.peers);
    // Closed alone, a Partner is set beside the records of the others.
    await insertActions(own.warehouse, [aUse("peer-0", "late", "2026-11-11")]);
    await closeMonth({ ...own, settings }, MONTH, { partners: ["peer-0"] });
    const again = await readRecord(own.warehouse, MONTH, "peer-0");
    expect(again).toMatchObject({ version: 2, value: { peers: [{ partners: 6, upper_quartile: 4.75 }, {}, {}] } });
  });
});

describe("a month that the first release closed", () => {
  it("is not restated because this one counts more, and is in the new form once it changes", async () => {
    const partner = await aPartner();
    await insertActions(
      store.warehouse,
      people(6).map((person) => aUse(partner, person, "2026-11-10")),
    );
    await close(partner, 5);
    const [row] = await store.warehouse.rows<{ body: string }>({
      sql: "SELECT body FROM records WHERE partner = {partner:String}",
      parameters: { partner },
    });
    const {
      v: _,
      by_topic,
      departments,
      searches,
      events,
      newcomers,
      engaged,
      feedback,
      ...rest
    } = JSON.parse(row?.body ?? "");
    expect([by_topic, departments, searches, events, newcomers, engaged, feedback]).not.toContain(undefined);
    const { completeness: __, peers: ___, ...first } = rest;
    delete first.figures.events_attended;
    delete first.partner.fee;
    delete first.partner.currency;
    const grid = (cells: readonly (number | null)[]) => cells.map((cell) => cell ?? 1);
    first.weekday_hours = first.weekday_hours.map(grid);
    first.days = grid(first.days);
    const earlier = await aPartner();
    await insertActions(
      store.warehouse,
      people(6).map((person) => aUse(earlier, person, "2026-11-10")),
    );
    const body = JSON.stringify({ ...first, v: 1, partner: { ...first.partner, id: earlier } }).replaceAll(
      partner,
      earlier,
    );
    await store.warehouse.insertRows("records", [
      { partner: earlier, month: MONTH, version: 1, reason: "first close", closed_at: "2026-12-03 02:00:00.000", body },
    ]);
    const before = await close(earlier, 5);
    expect(before).toMatchObject({ version: 1, not_counted: expect.arrayContaining(["departments"]) });
    await insertOthers(store.warehouse, [aFact("attendance", earlier, "2026-11-10", { person: "p0" })]);
    const after = await close(earlier, 5);
    expect(after).toMatchObject({ version: 2, not_counted: [], figures: { events_attended: 1 } });
  });
});
