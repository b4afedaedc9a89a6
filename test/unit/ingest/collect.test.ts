import { describe, expect, it } from "vitest";
import {
  type RequestFacts,
  refusePartner,
  toCorrectedMs,
  toRegisteredSites,
  toSealedBeacon,
  toSite,
  toViews,
} from "../../../ingest/collect.ts";
import { isRefusal } from "../../../ingest/problem.ts";
import { checkEvents } from "../../../ingest/wire.ts";
import type { WireEvent } from "../../../schemas/beacon.ts";
import type { SealedPerson } from "../../../schemas/event.ts";
import { type SubjectRef, toEpochMs } from "../../../schemas/ids.ts";
import { EMPTY_JOURNAL } from "../../../schemas/journal.ts";
import { anEvent, NOW_MS } from "../../fixtures/collector.ts";

const RULES = { queryKeys: new Set(["page"]), lateHoursMax: 72, futureMinutesMax: 5 };
const FACTS: RequestFacts = {
  receivedMs: NOW_MS,
  agent: { device: "desktop", browser: "Firefox", os: "Linux", robot: false },
  country: "GB",
  optedOut: false,
};
const PERSON: SealedPerson = { ref: "r".repeat(43) as SubjectRef, acct: "partner", ptn: "acme" }; // a stand-in of the right form
const HOUR_MS = 3_600_000;

function events(...changes: Record<string, unknown>[]): readonly WireEvent[] {
  const checked = checkEvents(changes.map(anEvent));
  if (isRefusal(checked)) throw new Error(checked.detail);
  return checked.events;
}

describe("toSite()", () => {
  const sites = toRegisteredSites([{ id: "intranet", origins: ["https://intranet.example"] }]);
  it.each([
    ["intranet", "https://intranet.example", undefined],
    ["intranet", undefined, undefined],
    ["intranet", "https://evil.example", "origin_forbidden"],
    ["intranet", "http://intranet.example", "origin_forbidden"],
    ["intranet", "null", "origin_forbidden"],
    ["other", "https://intranet.example", "site_unknown"],
    ["__proto__", undefined, "site_unknown"],
  ])("%s from %s: %s", (id, origin, refused) => {
    expect(toSite(sites, id, origin)).toMatchObject(refused === undefined ? { id: "intranet" } : { refused });
  });
});

describe("refusePartner()", () => {
  const terms = (id: string, leftMs?: number) => ({
    id,
    zone: "Europe/London",
    joinedMs: toEpochMs(0),
    ...(leftMs === undefined ? {} : { leftMs: toEpochMs(leftMs) }),
  });
  const journal = {
    ...EMPTY_JOURNAL,
    partners: new Map(
      [terms("acme"), terms("gone", NOW_MS), terms("going", NOW_MS + 1)].map((partner) => [partner.id, partner]),
    ),
  };
  it.each([
    ["acme", undefined],
    ["going", undefined],
    ["gone", "partner_left"],
    ["other", "partner_unknown"],
  ])("%s: %s", (ptn, refused) => {
    expect(refusePartner({ ...PERSON, ptn }, journal, NOW_MS)?.refused).toBe(refused);
  });

  it("asks nothing of accounts without Partner", () => {
    expect(refusePartner({ ...PERSON, acct: "public", ptn: "" }, journal, NOW_MS)).toBeUndefined();
  });
});

describe("toCorrectedMs()", () => {
  it.each([
    ["a right clock", NOW_MS - 100, NOW_MS - 1_100, NOW_MS - 1_000],
    ["a clock an hour slow", NOW_MS - HOUR_MS, NOW_MS - HOUR_MS - 1_000, NOW_MS - 1_000],
    ["a clock in 1970", 5_000, 4_000, NOW_MS - 1_000],
    ["a clock in 2100", 4_102_444_801_000, 4_102_444_800_000, NOW_MS - 1_000],
    ["an event that waited offline", NOW_MS, NOW_MS - 100 * HOUR_MS, NOW_MS - 100 * HOUR_MS],
    ["an event after its sending is not judged here", NOW_MS, NOW_MS + HOUR_MS, NOW_MS + HOUR_MS],
    ["the furthest times", 8.64e15, -8.64e15, -8.64e15],
    ["the furthest times the other way", -8.64e15, 8.64e15, 8.64e15],
  ])("%s", (_, sentMs, atMs, correctedMs) => {
    expect(toCorrectedMs(NOW_MS, sentMs, atMs)).toBe(correctedMs);
  });
});

describe("toSealedBeacon()", () => {
  it("turns each type into what the log holds", () => {
    const resource = { id: "g1", type: "guide", topic: "safety", full: true };
    const sealed = toSealedBeacon(
      "beacon",
      "intranet",
      PERSON,
      events(
        { type: "page_view", title: "Safe", referrer: "https://search.example/?q=x", resource },
        { type: "download", url: "https://intranet.example/a.pdf?page=2&x=1" },
        { type: "play" },
        { type: "search", query: "risk of j@example.org" },
        { type: "leave", engaged_ms: 1_500, scroll_pct: 80 },
        { type: "leave", engaged_ms: 0 },
        { type: "click", target: "Download" },
        { type: "feedback", score: 4, comment: "call 020 7946 0958" },
        { type: "feedback" },
        { type: "feedback", score: 5, event: { id: "w-7" } },
      ),
      NOW_MS,
      FACTS,
      RULES,
    );
    const common = { id: expect.any(String), atMs: NOW_MS - 1_000, path: "/guides/safe" };
    expect(sealed).toEqual({
      kind: "beacon",
      v: 1,
      origin: "beacon",
      site: "intranet",
      receivedMs: NOW_MS,
      person: PERSON,
      agent: FACTS.agent,
      country: "GB",
      events: [
        { ...common, type: "page_view", title: "Safe", referrer: "search.example", resource },
        { ...common, type: "download", path: "/a.pdf?page=2" },
        { ...common, type: "play" },
        { ...common, type: "search", term: "risk of [masked]" },
        { ...common, type: "leave", engagedMs: 1_500, scrollPct: 80 },
        { ...common, type: "leave", engagedMs: 0 },
        { ...common, type: "click", target: "Download" },
        { ...common, type: "feedback", score: 4, comment: "call [masked]" },
        { ...common, type: "feedback" },
        { ...common, type: "feedback", score: 5, event: { id: "w-7", title: "", kind: "" } },
      ],
    });
  });

  it("writes ids in lower case, so that one event has one id", () => {
    const sealed = toSealedBeacon(
      "beacon",
      "intranet",
      PERSON,
      events({ id: "0193A000-0000-7000-8000-00000000ABCD" }),
      NOW_MS,
      FACTS,
      RULES,
    );
    expect(sealed.events[0]?.id).toBe("0193a000-0000-7000-8000-00000000abcd");
  });

  it("lets no planted identity through, in any field", () => {
    const planted = [
      "wren.kestrel@planted.example",
      "020 7946 0958",
      "203.0.113.77",
      "2001:db8::8a2e:370:7334",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
    ];
    for (const mark of planted) {
      const text = `see ${mark} now`;
      const url = `https://intranet.example/${encodeURIComponent(mark)}?page=${encodeURIComponent(mark)}&token=${mark}#${mark}`;
      const common = {
        url,
        title: text,
        referrer: url,
        resource: { id: mark, type: text.slice(0, 60), topic: text },
        secret: mark,
      };
      const sealed = toSealedBeacon(
        "beacon",
        "intranet",
        PERSON,
        events(
          { ...common },
          { ...common, type: "search", query: text },
          { ...common, type: "click", target: text },
          { ...common, type: "feedback", comment: text, event: { id: mark, title: text, kind: text.slice(0, 60) } },
        ),
        NOW_MS,
        FACTS,
        RULES,
      );
      const written = JSON.stringify(sealed);
      for (const form of [mark, encodeURIComponent(mark), encodeURI(mark)]) expect(written).not.toContain(form);
    }
  });
});

describe("toViews()", () => {
  const [site] = toRegisteredSites([
    { id: "intranet", origins: ["https://intranet.example", "http://127.0.0.1:8080"] },
  ]).values();
  if (site === undefined) throw new Error("one site was given");
  const view = (changes: Record<string, unknown>, facts: Partial<RequestFacts> = {}) =>
    toViews(site, events(changes), NOW_MS, { ...FACTS, ...facts }, RULES);

  it("keeps hour, page, host, country and device, and nothing else", () => {
    const { views } = view({
      title: "T",
      referrer: "https://search.example/?q=1",
      resource: { id: "g", type: "guide" },
    });
    expect(views.map((one) => one.view)).toEqual([
      {
        hourMs: Date.UTC(2026, 10, 24, 9),
        site: "intranet",
        path: "/guides/safe",
        referrer: "search.example",
        country: "GB",
        device: "desktop",
        visit: true,
      },
    ]);
  });

  it.each([
    ["another host", "https://search.example/", true],
    ["the site itself", "https://intranet.example/a", false],
    ["the site on another port", "http://127.0.0.1:9/a", false],
    ["nowhere", undefined, false],
    ["an application", "android-app://com.example", false],
  ])("a view from %s: visit %s", (_, referrer, visit) => {
    expect(view(referrer === undefined ? {} : { referrer }).views[0]?.view.visit).toBe(visit);
  });

  it.each([
    ["people who object", { optedOut: true }, {}, "opted_out"],
    ["robots", { agent: { ...FACTS.agent, robot: true } }, {}, "robot"],
    ["other types", {}, { type: "download" }, "other_type"],
    ["views older than 72 hours", {}, { at: NOW_MS - 72 * HOUR_MS - 1 }, "implausible_time"],
    ["views of the future", {}, { at: NOW_MS + 5 * 60_000 + 1 }, "implausible_time"],
  ])("does not count %s", (_, facts, changes, reason) => {
    expect(view(changes, facts)).toEqual({
      views: [],
      uncounted: { opted_out: 0, robot: 0, other_type: 0, implausible_time: 0, repeated: 0, [reason]: 1 },
    });
  });

  it("never puts a view after its receipt", () => {
    const lateInHour = toEpochMs(Date.UTC(2026, 10, 24, 9, 59));
    const { views } = toViews(
      site,
      events({ at: lateInHour + 2 * 60_000 }),
      lateInHour,
      { ...FACTS, receivedMs: lateInHour },
      RULES,
    );
    expect(views[0]?.view.hourMs).toBe(Date.UTC(2026, 10, 24, 9));
  });
});
