import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AttendanceRules, toSealedAttendance, toToldAttendances } from "../../../ingest/attendance.ts";
import { isRefusal } from "../../../ingest/problem.ts";
import { toSubjectRef } from "../../../ingest/seal.ts";
import type { WireAttendance } from "../../../schemas/beacon.ts";
import { parseEventId, toEpochMs } from "../../../schemas/ids.ts";
import { EMPTY_JOURNAL } from "../../../schemas/journal.ts";
import { parseSealedRecord } from "../../../transform/sealed-record.ts";
import { NOW_MS } from "../../fixtures/collector.ts";

const DAY_MS = 86_400_000;
const SEAL_KEY = Buffer.alloc(32, 7);
const RULES: AttendanceRules = {
  sealKey: SEAL_KEY,
  journal: {
    ...EMPTY_JOURNAL,
    partners: new Map([
      ["acme", { id: "acme", zone: "UTC", joinedMs: toEpochMs(0) }],
      ["gone", { id: "gone", zone: "UTC", joinedMs: toEpochMs(0), leftMs: toEpochMs(NOW_MS - 1) }],
    ]),
  },
  nowMs: NOW_MS,
  sites: ["www", "shop"],
  retentionDays: 365,
  futureMinutesMax: 5,
  reaches: (partner) => partner !== "brook",
};
const ATTENDANCE = {
  at: new Date(NOW_MS - 10 * DAY_MS).toISOString(),
  user: { sub: "u-17", acct: "partner", ptn: "acme", dept: "Early help" },
  event: { id: "w-7", title: "Neglect", kind: "webinar" },
  minutes: 55,
};

const take = (changes: object = {}, rules: Partial<AttendanceRules> = {}) =>
  toToldAttendances({ v: 1, attendances: [{ ...ATTENDANCE, ...changes }] }, { ...RULES, ...rules });
const taken = (changes: object = {}) => {
  const told = take(changes);
  if (isRefusal(told)) throw new Error(`${told.refused} ${told.detail}`);
  return told.sealed[0];
};

describe("toToldAttendances()", () => {
  it("seals the person and keeps what was attended, for the first site if none is named", () => {
    expect(taken()).toEqual({
      kind: "beacon",
      v: 1,
      origin: "server",
      site: "www",
      receivedMs: NOW_MS,
      person: {
        ref: toSubjectRef(SEAL_KEY, "partner", "acme", "u-17"),
        acct: "partner",
        ptn: "acme",
        dept: "Early help",
      },
      agent: { device: "other", browser: "", os: "", robot: false },
      country: "",
      events: [
        {
          id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
          type: "attendance",
          atMs: NOW_MS - 10 * DAY_MS,
          path: "",
          event: { id: "w-7", title: "Neglect", kind: "webinar" },
          minutes: 55,
        },
      ],
    });
  });

  it("writes what the transform can read, without the user id or an address in any field", () => {
    const mail = "wren.kestrel@planted.example";
    const odd = {
      user: { sub: mail, acct: "partner", ptn: "acme", dept: `Team of ${mail}` },
      event: { id: mail, title: `Meeting with ${mail}`, kind: mail },
    };
    const text = JSON.stringify(taken(odd));
    expect(text).not.toContain("kestrel");
    expect(parseSealedRecord(Buffer.from(text))).toMatchObject({
      events: [{ event: { title: "Meeting with [masked]" } }],
    });
  });

  it.each<[string, object, boolean]>([
    ["another time and more minutes", { at: NOW_MS - DAY_MS, minutes: 90 }, true],
    ["another title", { event: { ...ATTENDANCE.event, title: "Neglect, again" } }, true],
    ["another department", { user: { ...ATTENDANCE.user, dept: "Policy" } }, true],
    ["another event", { event: { ...ATTENDANCE.event, id: "w-8" } }, false],
    ["another person", { user: { ...ATTENDANCE.user, sub: "u-18" } }, false],
    ["another account", { user: { sub: "u-17", acct: "subscriber" } }, false],
  ])("gives an attendance with %s the same id: %s", (_, change, isSame) => {
    expect(taken(change)?.events[0]?.id === taken()?.events[0]?.id).toBe(isSame);
  });

  it("keeps the id that the sender gave", () => {
    const id = "0193A000-0000-7000-8000-00000000000A";
    expect(taken({ id })?.events[0]?.id).toBe(id.toLowerCase());
  });

  it.each<[string, object, string, RegExp | undefined]>([
    ["no user", { user: undefined }, "event_invalid", /^user: /],
    [
      "a partner account without a Partner",
      { user: { sub: "u", acct: "partner" } },
      "event_invalid",
      /^user: ptn must/,
    ],
    ["an id that is none", { id: "w-7" }, "event_invalid", /^id: must be a UUID/],
    ["half a minute", { minutes: 0.5 }, "event_invalid", /^minutes: /],
    ["minutes below nothing", { minutes: -1 }, "event_invalid", /^minutes: /],
    ["a time without a zone", { at: "2026-11-20T10:00" }, "event_invalid", /^at: /],
    ["a time in the future", { at: NOW_MS + 301_000 }, "event_invalid", /^at: must not lie in the future/],
    ["a day that is past its retention", { at: NOW_MS - 365 * DAY_MS }, "event_invalid", /last 365 days/],
    ["a Partner that left", { user: { ...ATTENDANCE.user, ptn: "gone" } }, "partner_left", undefined],
    ["a Partner not on file", { user: { ...ATTENDANCE.user, ptn: "nobody" } }, "partner_unknown", undefined],
    ["a Partner beyond the key", { user: { ...ATTENDANCE.user, ptn: "brook" } }, "partner_forbidden", undefined],
  ])("rejects one with %s and takes its neighbours", (_, change, code, detail) => {
    const bad = { ...ATTENDANCE, ...change };
    const alone = toToldAttendances({ v: 1, attendances: [bad] }, RULES);
    expect(alone).toMatchObject({ refused: code, rejected: [{ index: 0, code }] });
    const told = toToldAttendances({ v: 1, attendances: [ATTENDANCE, bad, ATTENDANCE] }, RULES);
    if (isRefusal(told)) throw new Error(told.refused);
    expect(told.sealed).toHaveLength(2);
    expect(told.rejected).toEqual([
      { index: 1, code, ...(detail === undefined ? {} : { detail: expect.stringMatching(detail) }) },
    ]);
  });

  it.each([
    ["told five minutes ahead", NOW_MS + 300_000],
    ["told eleven months after", NOW_MS - 340 * DAY_MS],
    ["of the first day that is kept", (Math.floor(NOW_MS / DAY_MS) - 364) * DAY_MS],
  ])("takes one that is %s", (_, at) => {
    expect(taken({ at })).toMatchObject({ events: [{ atMs: at }] });
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "body_invalid"],
    ["another version", { v: 2, attendances: [ATTENDANCE] }, "body_invalid"],
    ["no attendance", { v: 1, attendances: [] }, "body_invalid"],
    ["501 attendances", { v: 1, attendances: Array.from({ length: 501 }, () => ATTENDANCE) }, "body_invalid"],
    ["a site that is not registered", { v: 1, site: "other", attendances: [ATTENDANCE] }, "site_unknown"],
  ])("refuses a body with %s", (_, body, refused) => {
    expect(toToldAttendances(body, RULES)).toMatchObject({ refused });
  });

  it("accounts for each of them, whatever it is", () => {
    const odd = fc.oneof(
      fc.constant(ATTENDANCE),
      fc.jsonValue(),
      fc.jsonValue().map((at) => ({ ...ATTENDANCE, at })),
    );
    fc.assert(
      fc.property(fc.array(odd, { minLength: 1, maxLength: 6 }), (attendances) => {
        const told = toToldAttendances({ v: 1, attendances }, RULES);
        const rejected = told.rejected?.length ?? 0;
        expect(rejected + (isRefusal(told) ? 0 : told.sealed.length)).toBe(attendances.length);
      }),
    );
  });
});

describe("toSealedAttendance()", () => {
  it("gives an imported attendance the id of the same one that a server told", () => {
    const wire: WireAttendance = { ...ATTENDANCE, at: NOW_MS, user: { sub: "u-17", acct: "partner", ptn: "acme" } };
    const source = { sealKey: SEAL_KEY, site: "www", receivedMs: NOW_MS } as const;
    const [told, imported] = (["server", "import"] as const).map((origin) =>
      toSealedAttendance(wire, { ...source, origin }),
    );
    expect(imported?.origin).toBe("import");
    expect(imported?.events).toEqual(told?.events);
    expect(parseEventId(told?.events[0]?.id ?? "")).toBeDefined();
  });
});
