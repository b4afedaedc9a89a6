import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../ingest/problem.ts";
import { checkEvents, parseEnvelope } from "../../../ingest/wire.ts";
import { aBeacon, anEvent, NOW_MS } from "../../fixtures/collector.ts";

describe("parseEnvelope()", () => {
  it.each([
    ["no JSON", "hello", "The body is not JSON."],
    ["nothing", "", "The body is not JSON."],
    ["a list", "[]", "expected object"],
    ["null", "null", "expected object"],
    ["another version", { v: 2 }, "v: expected 1"],
    ["no site", { site: undefined }, "site: "],
    ["a site that is no text", { site: 7 }, "site: expected string"],
    ["a token that is no text", { token: 7 }, "token: expected string"],
    ["a time without zone", { sent_at: "2026-11-24T09:30:00" }, "sent_at: must be ISO 8601"],
    ["a fraction of a millisecond", { sent_at: 1.5 }, "sent_at: must be ISO 8601"],
    ["no events", { events: [] }, "events: "],
    ["51 events", { events: Array.from({ length: 51 }, () => anEvent()) }, "events: "],
    ["events that are no list", { events: {} }, "events: expected array"],
  ])("refuses %s and says what is required", (_, body, detail) => {
    const outcome = parseEnvelope(typeof body === "string" ? body : JSON.stringify(aBeacon(body)));
    expect(outcome).toEqual({ refused: "body_invalid", detail: expect.stringContaining(detail) });
  });

  it("never repeats a value", () => {
    const secret = "john@example.org";
    for (const field of ["v", "sent_at", "events", "token"]) {
      const outcome = parseEnvelope(JSON.stringify(aBeacon({ [field]: { [secret]: secret } })));
      expect(outcome).toHaveProperty("refused");
      expect(JSON.stringify(outcome)).not.toContain("john");
    }
  });

  it("takes 50 events, both forms of time, and counts what it does not know", () => {
    const outcome = parseEnvelope(
      JSON.stringify(
        aBeacon({
          sent_at: "2026-11-24T10:30:00+01:00",
          surprise: 1,
          more: 2,
          events: Array.from({ length: 50 }, () => anEvent()),
        }),
      ),
    );
    expect(outcome).toMatchObject({ beacon: { sent_at: NOW_MS }, unknownFields: 2 });
  });

  it("never throws, for any text or JSON", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => isRefusal(parseEnvelope(text))));
  });
});

describe("checkEvents()", () => {
  it("takes the good ones and tells the place and field of each bad one", () => {
    const outcome = checkEvents([
      anEvent(),
      anEvent({ id: "1" }),
      anEvent({ type: "search" }),
      anEvent({ extra: 1 }),
      7,
    ]);
    expect(outcome).toMatchObject({
      unknownFields: 1,
      rejected: [
        { index: 1, code: "event_invalid", detail: expect.stringContaining("id: must be a UUID") },
        { index: 2, code: "event_invalid", detail: expect.stringContaining("query: ") },
        { index: 4, code: "event_invalid", detail: expect.stringContaining("expected object") },
      ],
    });
    expect(outcome).toHaveProperty("events.length", 2);
  });

  it.each([
    [
      "type",
      { type: "keystroke" },
      "type: must be one of page_view, download, play, search, leave, click, feedback, consent.",
    ],
    ["url", { url: "/relative" }, "url: must be an absolute URL."],
    [
      "at",
      { at: "yesterday" },
      "at: must be ISO 8601 with a zone, such as 2026-11-24T09:30:00Z, or whole milliseconds since 1970.",
    ],
    ["a time", { type: "leave", engaged_ms: -1 }, "engaged_ms: "],
    ["a score", { type: "feedback", score: 6 }, "score: "],
    ["a comment that is too long", { type: "feedback", comment: "x".repeat(4_001) }, "comment: "],
    ["a resource and more", { resource: { type: "guide" }, title: 7 }, "title: "],
  ])("refuses all if none is left, and says what is wrong with %s", (_, changes, detail) => {
    expect(checkEvents([anEvent(changes)])).toMatchObject({
      refused: "event_invalid",
      detail: expect.stringContaining(detail),
      rejected: [{ index: 0 }],
    });
  });

  const LONG = "x".repeat(3_000);
  it.each([
    ["a title", { title: LONG }, { title: LONG.slice(0, 1_000) }],
    [
      "a title, never within a letter",
      { title: `${LONG.slice(1, 1_000)}\u{1f600}` },
      { title: `${LONG.slice(1, 1_000)}\ufffd` },
    ],
    ["an address", { url: `https://a.example/${LONG}` }, { url: `https://a.example/${LONG}`.slice(0, 2_048) }],
    ["an address by its query", { url: `https://a.example/b?c=${LONG}` }, { url: "https://a.example/b" }],
    ["a referrer", { referrer: `https://a.example/b#${LONG}` }, { referrer: "https://a.example/b" }],
    ["what was searched for", { type: "search", query: LONG }, { query: LONG.slice(0, 500) }],
    ["what was clicked", { type: "click", target: LONG }, { target: LONG.slice(0, 500) }],
  ])("cuts %s that is too long: it happened all the same", (_, changes, kept) => {
    expect(checkEvents([anEvent(changes)])).toMatchObject({ events: [kept], rejected: [] });
  });

  it.each([
    ["no resource at all", null],
    ["a list, which is what PHP makes of nothing", []],
    ["an object of nothing", {}],
    ["no id", { type: "guide" }],
    ["an id that JSON has rounded", { id: 2 ** 53, type: "guide" }],
    ["no topic, but its name", { id: "guide-12", type: "guide", topic: null }],
    ["a number for yes", { id: "guide-12", type: "guide", full: 1 }],
    ["a topic of 121 characters", { id: "guide-12", type: "guide", topic: "x".repeat(121) }],
  ])(
    "keeps the page, the download, the play of a site that writes %s for its resource, and counts it",
    (_, resource) => {
      for (const type of ["page_view", "download", "play"]) {
        const outcome = checkEvents([anEvent({ type, title: "Neglect", resource, extra: 1 }), anEvent()]);
        expect(outcome).toMatchObject({ rejected: [], brokenResources: 1, unknownFields: 1 });
        expect(outcome).toMatchObject({ events: [{ type, title: "Neglect" }, {}] });
        expect(outcome).not.toHaveProperty("events.0.resource");
      }
    },
  );

  it("takes the id of a CMS that counts its pages as text", () => {
    expect(checkEvents([anEvent({ resource: { id: 12, type: "guide" } })])).toMatchObject({
      events: [{ resource: { id: "12", type: "guide" } }],
      brokenResources: 0,
    });
  });

  it("never throws and accounts for each event", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.anything(),
            fc.constant(0).map(() => anEvent()),
          ),
          { minLength: 1, maxLength: 50 },
        ),
        (candidates) => {
          const outcome = checkEvents(JSON.parse(JSON.stringify(candidates)) as unknown[]);
          return isRefusal(outcome)
            ? outcome.rejected?.length === candidates.length
            : outcome.events.length + outcome.rejected.length === candidates.length;
        },
      ),
    );
  });
});
