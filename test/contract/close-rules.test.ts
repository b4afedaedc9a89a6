import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { FIGURE_NAMES, type Figures } from "../../schemas/figures.ts";
import type { HowCounted } from "../../schemas/record.ts";
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
import { countByModel } from "../fixtures/counting-model.ts";

/** A line of a history; ids are given in order, the person is `ann` unless said. */
type Line = readonly [
  time: string,
  type: Action["type"],
  path: string,
  use?: "full" | "info" | undefined,
  person?: string,
];

interface Case {
  readonly name: string;
  readonly month: string;
  readonly zone?: string;
  readonly lines: readonly Line[];
  readonly others?: readonly (readonly [OtherEvent["table"], line: number, time: string, reason?: string])[];
  /** Lines that are stored again, at another time. */
  readonly again?: readonly (readonly [line: number, time: string])[];
  readonly figures: Partial<Figures>;
  readonly howCounted?: Partial<HowCounted>;
}

const NEW_YORK = "America/New_York";

const CASES: readonly Case[] = [
  // COUNTER 5.1, 7.2: the Code's own examples, then the borders to the millisecond.
  {
    name: "two clicks 29 s apart are one (7.2)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:01:00Z", "page_view", "/r", "full"],
      ["2026-11-10T10:01:29Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 1, Total_Item_Requests: 1, page_views: 1 },
    howCounted: { received: 2, double_clicks: 1, counted: 1 },
  },
  {
    name: "two clicks 35 s apart are two (7.2)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:01:00Z", "page_view", "/r", "full"],
      ["2026-11-10T10:01:35Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 2, Unique_Item_Investigations: 1, page_views: 2 },
  },
  {
    name: "a gap of exactly 30.000 s is a double-click",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00.000Z", "download", "/r", "full"],
      ["2026-11-10T10:00:30.000Z", "download", "/r", "full"],
    ],
    figures: { Total_Item_Requests: 1 },
  },
  {
    name: "a gap of 30.001 s is none",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00.000Z", "download", "/r", "full"],
      ["2026-11-10T10:00:30.001Z", "download", "/r", "full"],
    ],
    figures: { Total_Item_Requests: 2, Unique_Item_Requests: 1 },
  },
  {
    name: "chains slide: 0, 20 and 40 s are one, the one at 40 s",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:59:30Z", "page_view", "/r", "full"],
      ["2026-11-10T10:59:50Z", "page_view", "/r", "full"],
      ["2026-11-10T11:00:10Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 1, Unique_Item_Investigations: 1 },
    howCounted: { double_clicks: 2 },
  },
  {
    name: "a long chain keeps its last action only",
    month: "2026-11",
    lines: Array.from({ length: 40 }, (_, index): Line => {
      return [new Date(Date.parse("2026-11-10T10:00:00Z") + index * 30_000).toISOString(), "play", "/r", "full"];
    }),
    figures: { Total_Item_Requests: 1, Unique_Item_Requests: 1, visits: 1 },
    howCounted: { received: 40, double_clicks: 39, counted: 1 },
  },
  {
    name: "the same instant twice is a double-click",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00.000Z", "page_view", "/r", "full"],
      ["2026-11-10T10:00:00.000Z", "page_view", "/r", "full"],
    ],
    figures: { page_views: 1 },
  },
  {
    name: "a view and a download of one URL both count for Total, once for Unique (3.3, 7.3)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/r", "full"],
      ["2026-11-10T10:00:05Z", "download", "/r", "full"],
    ],
    figures: { Total_Item_Requests: 2, Unique_Item_Requests: 1, page_views: 1 },
  },
  {
    name: "another person, path or site is no double-click",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/r", "full", "ann"],
      ["2026-11-10T10:00:05Z", "page_view", "/r", "full", "bob"],
      ["2026-11-10T10:00:06Z", "page_view", "/r?page=2", "full", "ann"],
      ["2026-11-10T10:00:07Z", "page_view", "@other/r", "full", "ann"],
    ],
    figures: { page_views: 4, active_people: 2, visits: 2, Unique_Item_Requests: 4 },
  },
  {
    name: "two resources at addresses that differ in their query alone are no double-click, each of them twice is",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/download#r1", "full"],
      ["2026-11-10T10:00:05Z", "page_view", "/download#r2", "full"],
      ["2026-11-10T10:00:10Z", "page_view", "/download#r1", "full"],
      ["2026-11-10T10:00:15Z", "page_view", "/download#r2", "full"],
    ],
    figures: { Total_Item_Investigations: 2, Unique_Item_Requests: 2, page_views: 2 },
    howCounted: { received: 4, double_clicks: 2 },
  },
  {
    name: "two pages that are no resource and whose addresses are kept as one path are a double-click",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/forum"],
      ["2026-11-10T10:00:05Z", "page_view", "/forum"],
    ],
    figures: { page_views: 1 },
    howCounted: { received: 2, double_clicks: 1 },
  },
  {
    name: "an action in between does not make a gap longer",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/a", "full"],
      ["2026-11-10T10:00:10Z", "page_view", "/b", "full"],
      ["2026-11-10T10:00:20Z", "page_view", "/a", "full"],
    ],
    figures: { page_views: 2 },
  },
  {
    name: "searches are never double-clicks (7.6)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "search", "/search"],
      ["2026-11-10T10:00:01Z", "search", "/search"],
      ["2026-11-10T10:00:01Z", "search", "/search"],
    ],
    figures: { Searches_Platform: 3, active_people: 1, visits: 1, page_views: 0, Total_Item_Investigations: 0 },
  },
  // 3.3: investigations and requests.
  {
    name: "an abstract is an investigation, the full text a request as well (3.3)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/r/abstract#r", "info"],
      ["2026-11-10T10:01:00Z", "page_view", "/r", "full"],
      ["2026-11-10T10:02:00Z", "download", "/r.pdf#r", "full"],
    ],
    figures: {
      Total_Item_Investigations: 3,
      Unique_Item_Investigations: 2,
      Total_Item_Requests: 2,
      Unique_Item_Requests: 2,
    },
  },
  {
    name: "two formats with one id are one resource (7.3)",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:01:00Z", "page_view", "/r.html#one", "full"],
      ["2026-11-10T10:02:00Z", "download", "/r.pdf#one", "full"],
    ],
    figures: { Total_Item_Requests: 2, Unique_Item_Requests: 1 },
  },
  {
    name: "a page that is no resource is a page view only, and makes nobody active",
    month: "2026-11",
    lines: [["2026-11-10T10:00:00Z", "page_view", "/about"]],
    figures: { page_views: 1, Total_Item_Investigations: 0, active_people: 0, visits: 1 },
  },
  // 7.3: the user session is the hour of day.
  {
    name: "13:59 and 14:01 are two sessions, 14:01 and 14:59 one (7.3)",
    month: "2026-11",
    lines: [
      ["2026-11-10T13:59:00Z", "page_view", "/r", "full"],
      ["2026-11-10T14:01:00Z", "page_view", "/r", "full"],
      ["2026-11-10T14:59:59.999Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 3, Unique_Item_Investigations: 2 },
  },
  {
    name: "the same hour of another day is another session (7.3)",
    month: "2026-11",
    lines: [
      ["2026-11-10T13:30:00Z", "page_view", "/r", "full"],
      ["2026-11-11T13:30:00Z", "page_view", "/r", "full"],
    ],
    figures: { Unique_Item_Requests: 2 },
  },
  {
    name: "the later of a double-click decides the hour",
    month: "2026-11",
    lines: [
      ["2026-11-10T13:59:50Z", "page_view", "/r", "full"],
      ["2026-11-10T14:00:10Z", "page_view", "/r", "full"],
      ["2026-11-10T14:30:00Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 2, Unique_Item_Investigations: 1 },
  },
  {
    name: "the half-hour zone has its own hours",
    month: "2026-11",
    zone: "Asia/Kolkata",
    lines: [
      ["2026-11-10T10:29:00Z", "page_view", "/r", "full"],
      ["2026-11-10T10:31:00Z", "page_view", "/r", "full"],
      ["2026-11-10T11:29:00Z", "page_view", "/r", "full"],
    ],
    figures: { Unique_Item_Requests: 2 },
  },
  // Borders of the month.
  {
    name: "the first and the last millisecond of the month are in it, their neighbours not",
    month: "2026-11",
    lines: [
      ["2026-10-31T23:59:59.999Z", "page_view", "/a", "full"],
      ["2026-11-01T00:00:00.000Z", "page_view", "/b", "full"],
      ["2026-11-30T23:59:59.999Z", "page_view", "/c", "full"],
      ["2026-12-01T00:00:00.000Z", "page_view", "/d", "full"],
    ],
    figures: { page_views: 2, visits: 1 },
  },
  {
    name: "summer time: October begins at 23:00 UTC in London",
    month: "2026-10",
    lines: [
      ["2026-09-30T22:59:59.999Z", "page_view", "/a", "full"],
      ["2026-09-30T23:00:00.000Z", "page_view", "/b", "full"],
      ["2026-10-31T23:59:59.999Z", "page_view", "/c", "full"],
      ["2026-11-01T00:00:00.000Z", "page_view", "/d", "full"],
    ],
    figures: { page_views: 2 },
  },
  {
    name: "zones: November begins at 04:00 UTC in New York and ends at 05:00",
    month: "2026-11",
    zone: NEW_YORK,
    lines: [
      ["2026-11-01T03:59:59.999Z", "page_view", "/a", "full"],
      ["2026-11-01T04:00:00.000Z", "page_view", "/b", "full"],
      ["2026-12-01T04:59:59.999Z", "page_view", "/c", "full"],
      ["2026-12-01T05:00:00.000Z", "page_view", "/d", "full"],
    ],
    figures: { page_views: 2 },
  },
  {
    name: "far zones: November of Kiritimati and of Pago Pago",
    month: "2026-11",
    zone: "Pacific/Kiritimati",
    lines: [
      ["2026-10-31T09:59:59.999Z", "page_view", "/a", "full"],
      ["2026-10-31T10:00:00.000Z", "page_view", "/b", "full"],
      ["2026-11-30T09:59:59.999Z", "page_view", "/c", "full"],
      ["2026-11-30T10:00:00.000Z", "page_view", "/d", "full"],
    ],
    figures: { page_views: 2 },
  },
  {
    name: "an action after the month's end removes the one before",
    month: "2026-11",
    lines: [
      ["2026-11-30T23:59:45Z", "page_view", "/r", "full"],
      ["2026-12-01T00:00:15Z", "page_view", "/r", "full"],
    ],
    figures: { page_views: 0, Total_Item_Investigations: 0, visits: 0 },
    howCounted: { received: 1, double_clicks: 1, counted: 0 },
  },
  {
    name: "30.001 s over the border removes nothing",
    month: "2026-11",
    lines: [
      ["2026-11-30T23:59:59.999Z", "page_view", "/r", "full"],
      ["2026-12-01T00:00:30.000Z", "page_view", "/r", "full"],
    ],
    figures: { page_views: 1, visits: 1 },
  },
  {
    name: "the kept action of a double-click over the border is in the later month",
    month: "2026-11",
    lines: [
      ["2026-10-31T23:59:45Z", "page_view", "/r", "full"],
      ["2026-11-01T00:00:15Z", "page_view", "/r", "full"],
    ],
    figures: { page_views: 1, visits: 1 },
    howCounted: { received: 1, double_clicks: 0 },
  },
  // Days on which clocks change.
  {
    name: "autumn: the hour that comes twice is one hour of day, so one session",
    month: "2026-10",
    lines: [
      ["2026-10-25T00:30:00Z", "page_view", "/r", "full"],
      ["2026-10-25T01:30:00Z", "page_view", "/r", "full"],
      ["2026-10-25T02:30:00Z", "page_view", "/r", "full"],
    ],
    figures: { Total_Item_Investigations: 3, Unique_Item_Investigations: 2 },
  },
  {
    name: "spring: the hour that is missing parts two sessions",
    month: "2026-03",
    lines: [
      ["2026-03-29T00:59:00Z", "page_view", "/r", "full"],
      ["2026-03-29T01:00:00Z", "page_view", "/r", "full"],
      ["2026-03-29T22:59:00Z", "page_view", "/r", "full"],
      ["2026-03-29T23:00:00Z", "page_view", "/r", "full"],
    ],
    figures: { Unique_Item_Investigations: 4, page_views: 4 },
  },
  {
    name: "New York changes its clocks on the 1st of the month",
    month: "2026-11",
    zone: NEW_YORK,
    lines: [
      ["2026-11-01T05:30:00Z", "page_view", "/r", "full"],
      ["2026-11-01T06:30:00Z", "page_view", "/r", "full"],
      ["2026-11-01T07:30:00Z", "page_view", "/r", "full"],
    ],
    figures: { Unique_Item_Investigations: 2 },
  },
  // Visits.
  {
    name: "a gap of exactly 30 minutes is within a visit, a millisecond more is not",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00.000Z", "page_view", "/a", "full"],
      ["2026-11-10T10:30:00.000Z", "search", "/search"],
      ["2026-11-10T11:00:00.001Z", "page_view", "/b", "full"],
    ],
    figures: { visits: 2 },
  },
  {
    name: "a visit is not cut at midnight and belongs to the month of its first action",
    month: "2026-11",
    lines: [
      ["2026-10-31T23:40:00Z", "page_view", "/a", "full"],
      ["2026-11-01T00:05:00Z", "page_view", "/b", "full"],
      ["2026-11-01T00:30:00Z", "page_view", "/c", "full"],
      ["2026-11-30T23:50:00Z", "page_view", "/d", "full"],
      ["2026-12-01T00:10:00Z", "page_view", "/e", "full"],
    ],
    figures: { visits: 1, page_views: 3 },
  },
  {
    name: "a run that reaches back for two days into the month before is still one visit of that month",
    month: "2026-11",
    lines: Array.from({ length: 130 }, (_, index): Line => {
      return [new Date(Date.parse("2026-10-30T00:00:00Z") + index * 1_750_000).toISOString(), "page_view", `/${index}`];
    }),
    figures: { visits: 0 },
  },
  {
    name: "a gap is measured between counted actions: a removed double-click holds no visit together",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/a", "full"],
      ["2026-11-10T10:29:50Z", "page_view", "/b", "full"],
      ["2026-11-10T10:30:10Z", "page_view", "/b", "full"],
    ],
    figures: { visits: 2 },
  },
  // Once each.
  {
    name: "an id that is stored on two days counts once, at its earliest time",
    month: "2026-11",
    lines: [["2026-11-10T10:00:00Z", "page_view", "/r", "full"]],
    again: [
      [0, "2026-11-12T10:00:00Z"],
      [0, "2026-11-10T10:00:00Z"],
      [0, "2026-12-02T10:00:00Z"],
    ],
    figures: { page_views: 1, visits: 1 },
    howCounted: { received: 1, counted: 1 },
  },
  {
    name: "an id whose earliest copy lies in a month long before does not count again",
    month: "2026-11",
    lines: [
      ["2026-08-10T10:00:00Z", "page_view", "/r", "full"],
      ["2026-11-10T12:00:00Z", "page_view", "/r", "full"],
    ],
    again: [[0, "2026-11-10T10:00:00Z"]],
    figures: { page_views: 1 },
    howCounted: { received: 1 },
  },
  {
    name: "a repeated delivery is no double-click",
    month: "2026-11",
    lines: [["2026-11-10T10:00:00Z", "page_view", "/r", "full"]],
    again: [[0, "2026-11-10T10:00:10Z"]],
    figures: { page_views: 1 },
    howCounted: { received: 1, double_clicks: 0 },
  },
  // No person.
  {
    name: "rows without a person count in totals, never as a person, a visit or a double-click",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/r", "full", ""],
      ["2026-11-10T10:00:01Z", "page_view", "/r", "full", ""],
      ["2026-11-10T10:00:02Z", "search", "/search", undefined, ""],
    ],
    figures: {
      Total_Item_Investigations: 2,
      Unique_Item_Investigations: 1,
      Searches_Platform: 1,
      active_people: 0,
      visits: 0,
      page_views: 2,
    },
  },
  {
    name: "nothing at all is a record of zeros",
    month: "2026-11",
    lines: [],
    figures: Object.fromEntries(FIGURE_NAMES.map((name) => [name, 0])),
    howCounted: { received: 0, dropped: {}, counted: 0 },
  },
  // How counted.
  {
    name: "dropped events are received and counted by reason, once each",
    month: "2026-11",
    lines: [["2026-11-10T10:00:00Z", "page_view", "/r", "full"]],
    others: [
      ["drops", 1, "2026-11-10T10:00:00Z", "robot"],
      ["drops", 1, "2026-11-10T10:00:00Z", "robot"],
      ["drops", 2, "2026-11-11T10:00:00Z", "too_old"],
      ["drops", 2, "2026-11-11T09:00:00Z", "robot"],
      ["drops", 3, "2026-11-12T10:00:00Z", "no_consent"],
      ["behaviour", 4, "2026-11-12T10:00:00Z"],
      ["behaviour", 4, "2026-11-12T10:00:00Z"],
      ["feedback", 5, "2026-11-12T10:00:00Z"],
    ],
    figures: { page_views: 1 },
    howCounted: {
      received: 6,
      dropped: { robot: 2, no_consent: 1 },
      counted: 3,
      counted_by_purpose: { engagement: 1, behaviour: 1, feedback: 1 },
    },
  },
  {
    name: "an id that is both stored and dropped is stored, whenever that was",
    month: "2026-11",
    lines: [
      ["2026-11-10T10:00:00Z", "page_view", "/r", "full"],
      ["2026-08-10T10:00:00Z", "page_view", "/r", "full"],
    ],
    others: [
      ["drops", 0, "2026-11-10T09:00:00Z", "robot"],
      ["drops", 1, "2026-11-10T10:00:00Z", "too_old"],
      ["drops", 7, "2026-11-10T10:00:00Z", "too_old"],
      ["behaviour", 7, "2026-11-29T10:00:00Z"],
    ],
    figures: { page_views: 1 },
    howCounted: { received: 2, dropped: {}, counted: 2 },
  },
];

const toPartner = (index: number) => `case-${index}`;

/** `@site/path#resource`; without `#` the path is the resource's id where the line says how it was used. */
function toActions({ lines, again = [] }: Case, index: number): Action[] {
  const actions = lines.map(([time, type, text, use, person = "ann"], line): Action => {
    const [address = "", resource] = text.split("#");
    const [, site = "main", path = address] = /^@(\w+)(\/.*)$/.exec(address) ?? [];
    return {
      partner: toPartner(index),
      person,
      id: toTestId(line),
      atMs: Date.parse(time),
      type,
      site,
      path,
      resource: use === undefined ? "" : (resource ?? address),
      full: use === "full",
    };
  });
  const copies = again.flatMap(([line, time]) => {
    const action = actions[line];
    return action === undefined ? [] : [{ ...action, atMs: Date.parse(time) }];
  });
  return [...actions, ...copies];
}

function toOthers({ others = [] }: Case, index: number): OtherEvent[] {
  return others.map(([table, line, time, reason = ""]) => {
    return { table, partner: toPartner(index), id: toTestId(line), atMs: Date.parse(time), reason };
  });
}

describe("closeMonth() counts by the rules", () => {
  let store: CloseStore;

  beforeAll(async () => {
    store = await openCloseStore();
    await insertPartners(
      store.warehouse,
      CASES.map(({ zone = "Europe/London" }, index) => ({ id: toPartner(index), zone })),
    );
    await insertActions(store.warehouse, CASES.flatMap(toActions));
    await insertOthers(store.warehouse, CASES.flatMap(toOthers));
    for (const month of new Set(CASES.map((one) => one.month))) {
      await closeMonth({ ...store, settings: { ...CLOSE_SETTINGS, peopleMin: 1 } }, aMonth(month));
    }
  });
  afterAll(() => store[Symbol.asyncDispose]());

  it.each(CASES.map((one, index) => ({ ...one, index })))("$name", async ({ index, ...one }) => {
    const record = await readRecord(store.warehouse, aMonth(one.month), toPartner(index));
    expect(record?.figures).toMatchObject(one.figures);
    if (one.howCounted !== undefined) expect(record?.how_counted).toMatchObject(one.howCounted);
    const model = countByModel(
      { actions: toActions(one, index), others: toOthers(one, index) },
      { zone: one.zone ?? "Europe/London", month: one.month },
    );
    expect(record?.figures).toEqual(model.figures);
    expect(record?.how_counted).toEqual(model.howCounted);
    if (model.figures.active_people > 0) {
      expect(record?.days).toEqual(model.days.map(({ actions }) => actions));
      expect(record?.weekday_hours).toEqual(model.weekdayHours.map((row) => row.map(({ actions }) => actions)));
    }
  });
});
