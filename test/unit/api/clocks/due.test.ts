import { describe, expect, it } from "vitest";
import {
  isSilent,
  planCandidates,
  planDepartures,
  toDepartureMs,
  toHeldScope,
  toLastChoiceMs,
  toLastExpiredDay,
  toLastSilentDay,
  toNightlyDueMs,
  toOverdueDays,
  toPartitionName,
  toUtcDay,
  toYearsBefore,
} from "../../../../api/clocks/due.ts";
import { type CloseFacts, CloseRefused, planClose } from "../../../../reporting/close-plan.ts";
import { VISIT_GAP_MS_MAX } from "../../../../reporting/snapshot.ts";
import { type Month, type SubjectRef, toEpochMs } from "../../../../schemas/ids.ts";
import { type Decision, toJournalState } from "../../../../schemas/journal.ts";
import { dropOutsideClock } from "../../../../transform/clock.ts";

const DAY_MS = 86_400_000;
const at = (time: string) => toEpochMs(Date.parse(time));
const ref = (name: string) => name.padEnd(43, "_") as SubjectRef; // as long as the collector's

describe("the one-year clock", () => {
  it.each([
    ["2027-01-01T02:00:00Z", "2026-01-01", "a common year"],
    ["2029-01-01T02:00:00Z", "2028-01-02", "a leap year has one day more than 365"],
    ["2028-02-29T02:00:00Z", "2027-03-01", "on a leap day"],
    ["2029-02-28T23:59:59Z", "2028-02-29", "to the last second of a day"],
  ])("at %s lets go of everything up to %s: %s", (now, day) => {
    expect(toLastExpiredDay(at(now), 365)).toBe(day);
  });

  it("on day 366 nothing of day 1 is left, on day 365 all of it", () => {
    const dayOne = at("2060-03-01T00:00:00Z");
    const onDay = (number: number) => toEpochMs(dayOne + (number - 1) * DAY_MS + 2 * 3_600_000);
    expect(toLastExpiredDay(onDay(365), 365) < toUtcDay(dayOne)).toBe(true);
    expect(toLastExpiredDay(onDay(366), 365)).toBe(toUtcDay(dayOne));
  });

  it("agrees with the transform to the millisecond: what the purge has removed is never stored again", () => {
    const limits = { lateMsMax: DAY_MS, futureMsMax: 0, retentionMs: 365 * DAY_MS };
    for (const now of ["2027-11-24T00:00:00Z", "2027-11-24T02:00:00Z", "2028-02-29T23:59:59.999Z"]) {
      const borderMs = Date.parse(`${toLastExpiredDay(at(now), 365)}T00:00:00Z`) + DAY_MS;
      const judge = (atMs: number) =>
        dropOutsideClock({ atMs: toEpochMs(atMs), receivedMs: at(now), origin: "import" }, limits, at(now));
      expect(judge(borderMs - 1)).toEqual({ dropped: "expired" });
      expect(judge(borderMs)).toEqual({ kept: borderMs });
    }
  });

  it("never lets go of a day that a close may still count, however long the close takes within a day", () => {
    const facts = (month: string, nowMs: number, zone: string): CloseFacts => ({
      month: month as Month, // written as one
      nowMs: toEpochMs(nowMs),
      partners: [
        {
          ...{ id: "p", name: "P", peer_group: "", seats: null, fee: null, currency: "" },
          ...{ zone, contract_start: null, contract_end: null },
        },
      ],
      defaultZone: "UTC",
      retentionDays: 365,
    });
    let closed = 0;
    for (const zone of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"]) {
      for (let hour = 0; hour < 4 * 24; hour += 1) {
        const nowMs = Date.parse("2028-12-31T00:00:00Z") + hour * 3_600_000;
        try {
          const [planned] = planClose(facts("2028-01", nowMs, zone));
          const needed = toUtcDay((planned?.span.beginMs ?? 0) - VISIT_GAP_MS_MAX);
          expect(toLastExpiredDay(toEpochMs(nowMs + 20 * 3_600_000), 365) < needed).toBe(true);
          closed += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(CloseRefused);
        }
      }
    }
    for (let hour = 0; hour < 48; hour += 1) {
      const nowMs = Date.parse("2028-12-28T12:00:00Z") + hour * 3_600_000;
      try {
        const [planned] = planClose(facts("2028-01", nowMs, "UTC"));
        const needed = toUtcDay((planned?.span.beginMs ?? 0) - VISIT_GAP_MS_MAX);
        expect(toLastExpiredDay(toEpochMs(nowMs + 20 * 3_600_000), 365) < needed).toBe(true);
        closed += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(CloseRefused);
      }
    }
    expect(closed).toBeGreaterThan(0);
  });

  it("says for how many days the purge is overdue", () => {
    const now = at("2027-11-24T10:00:00Z");
    expect(toOverdueDays(undefined, now, 365)).toBe(0);
    expect(toOverdueDays("2026-11-25", now, 365)).toBe(0);
    expect(toOverdueDays("2026-11-24", now, 365)).toBe(1);
    expect(toOverdueDays("2026-11-20", now, 365)).toBe(5);
  });

  it("names a day's partition as ClickHouse does", () => {
    expect(toPartitionName("2028-02-29")).toBe("20280229");
  });
});

describe("the two-year clock", () => {
  it.each([
    ["2026-11-24", "2028-11-23T23:59:59Z", false],
    ["2026-11-24", "2028-11-24T00:00:00Z", true],
    ["2028-02-29", "2030-02-28T23:59:59Z", false],
    ["2028-02-29", "2030-03-01T00:00:00Z", true],
    ["2026-02-28", "2028-02-28T00:00:00Z", true],
    ["2026-03-01", "2028-02-29T12:00:00Z", false],
  ])("somebody last here on %s is forgotten at %s: %s", (lastDay, now, forgotten) => {
    expect(isSilent(lastDay, at(now))).toBe(forgotten);
  });

  it("finds the same people by a border as one by one, on every day of eight years", () => {
    for (let day = 0; day < 8 * 365.25; day += 1) {
      const now = toEpochMs(at("2026-01-01T12:00:00Z") + day * DAY_MS);
      const last = toLastSilentDay(now);
      const next = toUtcDay(Date.parse(`${last}T00:00:00Z`) + DAY_MS);
      expect([toUtcDay(now), isSilent(last, now), isSilent(next, now)]).toEqual([toUtcDay(now), true, false]);
    }
  });

  it("goes back to 1 March where a year has no 29 February", () => {
    expect(toYearsBefore("2028-02-29", 2)).toBe("2026-03-01");
    expect(toYearsBefore("2028-02-29", 4)).toBe("2024-02-29");
  });

  const consent = (name: string, time: string, granted = true): Decision => ({
    kind: "consent",
    ref: ref(name),
    ptn: "acme",
    purpose: "behaviour",
    granted,
    atMs: at(time),
    wording: "w1",
    source: "beacon",
  });

  it("asks only about those whose last choice is two years old and who have something to be forgotten", () => {
    const state = toJournalState([
      consent("old", "2026-01-01T10:00:00Z"),
      consent("young", "2027-01-01T10:00:00Z"),
      consent("renewed", "2025-01-01T10:00:00Z"),
      consent("renewed", "2027-01-01T10:00:00Z"),
      {
        kind: "objection",
        ref: ref("objector"),
        ptn: "acme",
        atMs: at("2020-01-01T10:00:00Z"),
        purpose: "engagement",
        on: true,
      },
      { kind: "forgotten", ref: ref("gone"), ptn: "acme", atMs: at("2026-01-02T10:00:00Z") },
    ]);
    const found = planCandidates(state, at("2028-01-02T02:00:00Z"));
    expect(found.map((one) => one.ref)).toEqual([ref("old")]);
  });

  it("forgets nobody whom a hold covers", () => {
    const hold: Decision = { kind: "hold", atMs: at("2027-01-01T00:00:00Z"), id: "h", on: true, reference: "r" };
    const now = at("2029-01-01T02:00:00Z");
    expect(planCandidates(toJournalState([consent("old", "2026-01-01T10:00:00Z"), hold]), now)).toEqual([]);
    const other = toJournalState([consent("old", "2026-01-01T10:00:00Z"), { ...hold, partner: "zeta" }]);
    expect(planCandidates(other, now)).toHaveLength(1);
  });

  it("remembers refusals of somebody who is forgotten, and nothing else", () => {
    const who = { ref: ref("p"), ptn: "acme" };
    const state = toJournalState([
      consent("p", "2026-01-01T10:00:00Z"),
      consent("p", "2026-02-01T10:00:00Z", false),
      { ...consent("p", "2026-02-01T10:00:00Z"), purpose: "feedback" } as Decision, // a consent, as above
      { kind: "objection", ...who, atMs: at("2026-03-01T10:00:00Z"), purpose: "engagement", on: true },
      { kind: "erasure", ...who, atMs: at("2026-03-02T10:00:00Z") },
      { kind: "restriction", ...who, atMs: at("2026-03-03T10:00:00Z"), on: true },
      { kind: "removal", ...who, atMs: at("2026-03-01T12:00:00Z"), purpose: "behaviour" },
      { kind: "rectification", ...who, atMs: at("2026-03-04T10:00:00Z"), change: { dept: "Finance" } },
      { kind: "forgotten", ...who, atMs: at("2028-03-05T10:00:00Z") },
    ]);
    expect(state.people.get(who.ref)).toEqual({
      ptn: "acme",
      consents: [
        { purpose: "behaviour", granted: false, atMs: at("2026-02-01T10:00:00Z"), wording: "w1", source: "beacon" },
      ],
      objections: new Map([["engagement", at("2026-03-01T10:00:00Z")]]),
      restricted: true,
      restrictedMs: at("2026-03-03T10:00:00Z"),
      erasedMs: at("2026-03-02T10:00:00Z"),
      removals: new Map([["behaviour", at("2026-03-01T12:00:00Z")]]),
      rectifications: [],
      forgottenMs: at("2028-03-05T10:00:00Z"),
    });
    expect(planCandidates(state, at("2040-01-01T00:00:00Z"))).toEqual([]);
  });

  it("takes the latest of all that a person decided", () => {
    const who = { ref: ref("p"), ptn: "acme" };
    const state = toJournalState([
      consent("p", "2026-01-01T10:00:00Z"),
      { kind: "objection", ...who, atMs: at("2026-03-01T10:00:00Z"), purpose: "engagement", on: true },
    ]);
    const choices = state.people.get(who.ref);
    expect(choices && toLastChoiceMs(choices)).toBe(at("2026-03-01T10:00:00Z"));
  });
});

describe("the three-year clock", () => {
  const partner = (id: string, zone: string, left?: string): Decision => ({
    kind: "partner",
    atMs: toEpochMs(0),
    partner: { id, zone, joinedMs: toEpochMs(0), ...(left === undefined ? {} : { leftMs: at(left) }) },
  });

  it.each([
    ["UTC", "2027-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z"],
    ["Europe/London", "2027-06-30T23:00:00Z", "2030-06-30T23:00:00.000Z"],
    ["Europe/London", "2024-10-31T00:00:00Z", "2027-10-30T23:00:00.000Z"],
    ["Asia/Tokyo", "2024-02-28T15:00:00Z", "2027-02-28T15:00:00.000Z"],
    ["America/New_York", "2027-03-15T04:00:00Z", "2030-03-15T04:00:00.000Z"],
  ])("of a Partner in %s that left at %s everything goes at %s", (zone, left, due) => {
    const terms = { id: "acme", zone, joinedMs: toEpochMs(0), leftMs: at(left) };
    expect(new Date(toDepartureMs(terms) ?? 0).toISOString()).toBe(due);
  });

  it("asks for each Partner once, leaves out who stays or came back, and says whom a hold keeps", () => {
    const state = toJournalState([
      partner("zeta", "UTC", "2024-01-01T00:00:00Z"),
      partner("acme", "UTC", "2024-01-01T00:00:00Z"),
      partner("done", "UTC", "2024-01-01T00:00:00Z"),
      partner("stays", "UTC"),
      partner("back", "UTC", "2024-01-01T00:00:00Z"),
      partner("back", "UTC"),
      partner("early", "UTC", "2024-01-02T00:00:00Z"),
      { kind: "hold", atMs: toEpochMs(0), id: "h", partner: "zeta", on: true, reference: "r" },
    ]);
    const dueMs = at("2027-01-01T00:00:00Z");
    expect(planDepartures(state, dueMs, new Map([["done", dueMs]]))).toEqual([
      { partner: "acme", dueMs, held: false },
      { partner: "zeta", dueMs, held: true },
    ]);
    expect(planDepartures(state, toEpochMs(dueMs - 1), new Map())).toEqual([]);
  });

  it("asks again for a Partner that came back, left again and was away for another three years", () => {
    const state = toJournalState([partner("acme", "UTC", "2030-01-01T00:00:00Z")]);
    const done = new Map([["acme", at("2027-01-01T02:00:00Z")]]);
    expect(planDepartures(state, at("2033-01-01T02:00:00Z"), done)).toHaveLength(1);
  });
});

it("toHeldScope() names each Partner once, and everyone if one hold does", () => {
  const hold = (id: string, partner?: string): Decision => ({
    kind: "hold",
    atMs: toEpochMs(0),
    id,
    on: true,
    reference: "r",
    ...(partner === undefined ? {} : { partner }),
  });
  expect(toHeldScope(toJournalState([hold("1", "b"), hold("2", "a"), hold("3", "b")]))).toEqual({
    all: false,
    partners: ["a", "b"],
  });
  expect(toHeldScope(toJournalState([hold("1", "b"), hold("2")])).all).toBe(true);
});

it.each([
  ["2027-05-10T01:59:59Z", "2027-05-09T02:00:00.000Z"],
  ["2027-05-10T02:00:00Z", "2027-05-10T02:00:00.000Z"],
  ["2027-05-10T23:00:00Z", "2027-05-10T02:00:00.000Z"],
])("nightly work at %s is that of %s", (now, due) => {
  expect(new Date(toNightlyDueMs(at(now))).toISOString()).toBe(due);
});
