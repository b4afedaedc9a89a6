import { describe, expect, test } from "vitest";
import type { SealedBeacon, SealedEvent } from "../../../schemas/event.ts";
import { prepareRange } from "../../../transform/prepare.ts";
import {
  anEvent,
  anEventId,
  aPerson,
  aRecord,
  aSealedBeacon,
  NOW,
  someFacts,
} from "../../fixtures/transform-events.ts";
import { toRows } from "../../fixtures/transform-rows.ts";

const CONSENT = { consent: { behaviour: true, feedback: true }, dept: "Finance" };
const REFERRER = "www.example.org";

async function toTables(event: Partial<SealedEvent>, beacon: Partial<SealedBeacon> = {}) {
  const sealed = aSealedBeacon({
    person: aPerson(CONSENT),
    events: [anEvent({ id: anEventId(1), ...event })],
    ...beacon,
  });
  const records = [{ ...aRecord(sealed), offset: 0 }];
  const { bodies } = await prepareRange({ stream: "events", partition: 0, first: 0, last: 0, records }, someFacts());
  return toRows(bodies);
}

describe("addLawfulRow()", () => {
  test("writes an engagement row with nothing of the device", async () => {
    const { engagement } = await toTables({ referrer: REFERRER });
    expect(engagement).toEqual([
      {
        partner: "acme",
        pseudonym: expect.stringMatching(/^[0-9a-f]{32}$/),
        event_id: anEventId(1).replaceAll("-", ""),
        at: NOW - 2_000,
        type: "page_view",
        acct: "partner",
        dept: "Finance",
        site: "demo",
        path: "/guides/safeguarding",
        resource: "",
        full: 0,
        referrer: REFERRER,
        term: "",
        epoch: 1,
      },
    ]);
  });

  test("writes a behaviour row with what the person did and on what", async () => {
    const { behaviour } = await toTables({ type: "leave", engagedMs: 61_000, scrollPct: 87.6 });
    expect(behaviour).toMatchObject([
      {
        type: "leave",
        engaged_ms: 61_000,
        scroll_pct: 88,
        target: "",
        device: "desktop",
        browser: "Firefox",
        os: "Linux",
      },
    ]);
    const { behaviour: clicks } = await toTables({ type: "click", target: "Download" });
    expect(clicks).toMatchObject([{ type: "click", target: "Download", engaged_ms: 0 }]);
  });

  test("writes a feedback row", async () => {
    const { feedback } = await toTables({ type: "feedback", score: 4, comment: "Clear." });
    expect(feedback).toMatchObject([{ score: 4, comment: "Clear.", epoch: 1 }]);
  });

  const WEBINAR = { id: "w-1", title: "Safer recruitment", kind: "webinar" };

  test("writes an attendance row, and nothing into engagement or the titles", async () => {
    const tables = await toTables({ type: "attendance", event: WEBINAR, minutes: 54 }, { origin: "import" });
    expect(Object.entries(tables).filter(([, rows]) => rows.length > 0)).toEqual([
      [
        "attendance",
        [
          {
            partner: "acme",
            pseudonym: expect.stringMatching(/^[0-9a-f]{32}$/),
            event_id: anEventId(1).replaceAll("-", ""),
            at: NOW - 2_000,
            acct: "partner",
            dept: "Finance",
            event: "w-1",
            title: "Safer recruitment",
            kind: "webinar",
            minutes: 54,
            epoch: 1,
          },
        ],
      ],
    ]);
  });

  test.each([
    [undefined, 0],
    [0, 0],
    [59.9, 59],
    [-3, 0],
    [70_000, 65_535],
  ])("writes %s minutes as %i", async (minutes, written) => {
    const { attendance } = await toTables(
      { type: "attendance", event: WEBINAR, ...(minutes === undefined ? {} : { minutes }) },
      { origin: "server" },
    );
    expect(attendance).toMatchObject([{ minutes: written }]);
  });

  test("writes what event a feedback is about", async () => {
    const { feedback } = await toTables({ type: "feedback", score: 5, event: WEBINAR }, { origin: "import" });
    expect(feedback).toMatchObject([{ score: 5, event: "w-1", resource: "" }]);
  });

  test("writes an unlinked feedback row with 16 zero bytes", async () => {
    const { feedback } = await toTables({ type: "feedback", score: 4 }, { person: aPerson() });
    expect(feedback).toMatchObject([{ pseudonym: "0".repeat(32), epoch: 0 }]);
  });

  const requests: readonly [SealedEvent["type"], boolean | undefined, number][] = [
    ["page_view", undefined, 0],
    ["page_view", false, 0],
    ["page_view", true, 1],
    ["download", undefined, 1],
    ["download", true, 1],
    ["download", false, 0],
    ["play", undefined, 1],
  ];
  test.each(requests)("%s of a resource with full %s is a request: %i", async (type, full, expected) => {
    const { engagement } = await toTables({
      type,
      resource: { id: "r1", type: "guide", ...(full === undefined ? {} : { full }) },
    });
    expect(engagement).toMatchObject([{ resource: "r1", full: expected }]);
  });

  test("a download of what is no resource is no request", async () => {
    expect((await toTables({ type: "download" })).engagement).toMatchObject([{ resource: "", full: 0 }]);
  });
});

describe("addDropRow()", () => {
  test("counts what is not stored without saying who or where", async () => {
    const { drops, behaviour } = await toTables({ type: "click", target: "x" }, { person: aPerson() });
    expect(behaviour).toBeUndefined();
    const at = NOW - 2_000;
    expect(drops).toEqual([
      { partner: "acme", reason: "no_consent", event_id: anEventId(1).replaceAll("-", ""), at, type: "click" },
    ]);
  });
});
