import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FIGURE_NAMES } from "../../schemas/figures.ts";
import { USEFUL_QUERIES, type UsefulQueryName } from "../../schemas/useful-queries.ts";
import { ANALYST, openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

// The README's queries as an analyst sends them, on a few rows whose answers were worked out by hand.

let opened: TestWarehouse;

async function post(sql: string, user: { name: string; password: string } = ANALYST): Promise<string> {
  const response = await fetch(opened.access.url, {
    method: "POST",
    body: sql,
    headers: { "X-ClickHouse-User": user.name, "X-ClickHouse-Key": user.password },
  });
  const text = await response.text();
  expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
  return text.trimEnd();
}

type Row = Readonly<Record<string, unknown>>;

async function insert(table: string, rows: readonly Row[]): Promise<void> {
  const lines = rows.map((row) => JSON.stringify(row)).join("\n");
  await post(`INSERT INTO ${table} FORMAT JSONEachRow\n${lines}`, {
    name: opened.access.user,
    password: opened.access.password,
  });
}

/** Person `n`; the same at two Partners, which must make two people of it. */
function aRow(n: number, at: string, more: Row = {}): Row {
  return { partner: "acme", pseudonym: String(n).padStart(16, "0"), event_id: randomUUID(), at, ...more };
}

const aPage = (n: number, at: string, more: Row = {}) => aRow(n, at, { type: "page_view", path: "/", ...more });
const aSearch = (n: number, at: string, term: string) => aRow(n, at, { type: "search", path: "/", term });
const g1 = { resource: "g1", full: 1 };

const ENGAGEMENT: readonly Row[] = [
  aPage(1, "2026-07-30 12:00:00", { resource: "g-old" }),
  aPage(1, "2026-07-31 12:00:00", { resource: "g-three-months" }),
  ...[2, 3, 4, 5, 6].map((n) => aPage(n, "2026-09-10 12:00:00")),
  // Wednesday 7 October: the first looks again and then finds; the second takes too long; the third is just in time;
  // the fourth does nothing more that day; the fifth downloads.
  ...[1, 2, 3, 4, 5].map((n) => aSearch(n, "2026-10-07 10:00:00", "neglect")),
  aSearch(1, "2026-10-07 10:02:00", "Neglect"),
  aPage(1, "2026-10-07 10:03:00", g1),
  aPage(1, "2026-10-07 10:30:00", { resource: "g1", full: 0 }),
  aPage(2, "2026-10-07 10:11:00", g1),
  aPage(3, "2026-10-07 10:10:00", g1),
  aPage(4, "2026-10-07 09:00:00", g1),
  { ...aPage(5, "2026-10-07 10:01:00", g1), type: "download" },
  ...[2, 3].map((n) => aSearch(n, "2026-10-08 09:00:00", "of two people")),
  ...[1, 2, 3, 4].map((n) => aPage(n, "2026-10-20 12:00:00", { resource: "g2" })),
  ...[1, 2, 3, 4].map((n) => aPage(n, "2026-10-20 13:00:00", { resource: "of-four-people" })),
  // Another Partner, in winter time.
  { ...aPage(1, "2026-10-27 12:00:00", { resource: "g2" }), partner: "brook" },
];

const anAttendance = (n: number, minutes: number, event = "w-7"): Row =>
  aRow(n, "2026-10-06 10:00:00", { event, title: `About ${event}`, kind: "webinar", minutes });
const ATTENDANCE: readonly Row[] = [
  ...[5, 10, 30, 55, 50].map((minutes, i) => anAttendance(i + 1, minutes)),
  ...[1, 2].map((n) => anAttendance(n, 60, "of-two-people")),
];

const aLeave = (n: number, path: string, engaged_ms: number, scroll_pct: number): Row =>
  aRow(n, "2026-10-07 10:00:00", { type: "leave", path, engaged_ms, scroll_pct });
const BEHAVIOUR: readonly Row[] = [
  ...[1, 2, 3, 4, 5].map((n) => aLeave(n, "/a", n * 10_000, 120 - n * 20)),
  ...[1, 2, 3, 4].map((n) => aLeave(n, "/of-four-people", 90_000, 100)),
  aRow(1, "2026-10-07 10:00:01", { type: "click", path: "/a", target: "menu" }),
];

const aSum = (hour: string, referrer: string, country: string, views: number, visits: number): Row => ({
  ...{ hour, site: "www", path: "/", device: "desktop" },
  ...{ referrer, country, views, visits },
});
const STATISTICS: readonly Row[] = [
  aSum("2026-10-05 10:00:00", "search.example", "GB", 3, 2),
  aSum("2026-10-05 11:00:00", "search.example", "GB", 1, 1),
  aSum("2026-10-05 11:00:00", "", "GB", 5, 0),
  aSum("2026-10-31 23:00:00", "news.example", "FR", 1, 1),
  aSum("2026-11-01 00:00:00", "too.late.example", "FR", 9, 9),
];

const aRecord = (partner: string, month: string, version: number, people: number, requests: number): Row => ({
  ...{ partner, month, version, reason: "", closed_at: "2026-11-03 03:00:00.000" },
  body: JSON.stringify({ v: 2, figures: { Unique_Item_Requests: requests, active_people: people } }),
});
const RECORDS: readonly Row[] = [
  aRecord("acme", "2026-09", 2, 24, 60),
  aRecord("acme", "2026-09", 1, 20, 50),
  aRecord("acme", "2026-10", 1, 18, 70),
  aRecord("brook", "2026-09", 1, 10, 5),
  aRecord("brook", "2026-10", 1, 12, 9),
  aRecord("new", "2026-10", 1, 7, 7),
];

const ANSWERS: Readonly<Record<UsefulQueryName, readonly string[]>> = {
  most_used: ["g1 6 5 5", "g2 5 0 5"],
  no_longer_used: ["g-old 2026-07-30 1"],
  looked_for: ["neglect 6 5"],
  found_nothing: ["neglect 6 3 5"],
  busy_hours: ["2 12 1", "2 13 4", "2 14 4", "3 10 1", "3 11 11", "4 10 2"],
  come_back: ["2026-09-01 5 4 0.8"],
  events: ["w-7 About w-7 5 4 30"],
  after_events: ["w-7 g1 5"],
  read_through: ["/a 5 30 60"],
  from_where: ["search.example GB 3 4", "news.example FR 1 1", "(none) GB 0 5"],
  months: [
    ...["acme 2026-09 24 60", "acme 2026-10 18 70", "brook 2026-09 10 5", "brook 2026-10 12 9"],
    "new 2026-10 7 7",
  ],
  fell: ["acme 24 18 -0.25"],
};

beforeAll(async () => {
  opened = await openTestWarehouse();
  const admin = { name: opened.access.user, password: opened.access.password };
  await post("SYSTEM STOP TTL MERGES", admin); // the days are fixed, and pass their year some day
  await insert("engagement", ENGAGEMENT);
  await insert("engagement", ENGAGEMENT.slice(10, 14)); // delivered again
  await insert("attendance", ATTENDANCE);
  await insert("attendance", [{ ...ATTENDANCE[4], minutes: 60 }]); // reported again, with more minutes
  await insert("behaviour", BEHAVIOUR);
  await insert("statistics_hourly", STATISTICS);
  await insert("records", RECORDS);
});
afterAll(() => opened[Symbol.asyncDispose]());

describe("the queries of the README, as an analyst over the HTTP interface", () => {
  it("are ten and more", () => {
    expect(Object.keys(USEFUL_QUERIES).length).toBeGreaterThanOrEqual(10);
  });

  it.each(Object.entries(USEFUL_QUERIES))("answer %s", async (name, { sql }) => {
    const lines = (await post(sql)).split("\n").map((line) => line.replaceAll("\t", " "));
    expect(lines).toEqual(ANSWERS[name as UsefulQueryName]); // the keys are those names
  });

  it("leave out whoever has had processing restricted", async () => {
    const admin = { name: opened.access.user, password: opened.access.password };
    const restricted = { partner: "acme", pseudonym: String(1).padStart(16, "0") };
    await post(`INSERT INTO restricted (partner, pseudonym) FORMAT JSONEachRow\n${JSON.stringify(restricted)}`, admin);
    for (const name of ["most_used", "looked_for", "events", "after_events", "read_through"] as const)
      expect([name, await post(USEFUL_QUERIES[name].sql)]).toEqual([name, ""]);
    expect(await post(USEFUL_QUERIES.no_longer_used.sql)).toBe("");
  });

  it("name figures that records have", () => {
    const named = Object.values(USEFUL_QUERIES).flatMap(({ sql }) =>
      [...sql.matchAll(/'figures', '(\w+)'/g)].map(([, figure = ""]) => figure),
    );
    expect(named.length).toBeGreaterThan(2);
    for (const figure of named) expect(FIGURE_NAMES).toContain(figure);
  });
});
