import { describe, expect, test } from "vitest";
import type { SealedBeacon, SealedEvent } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import { EMPTY_JOURNAL } from "../../../schemas/journal.ts";
import { DROP_REASON_NAMES } from "../../../schemas/verdict.ts";
import { toLawfulEvent, toPurpose } from "../../../transform/pipeline.ts";
import { PseudonymBook } from "../../../transform/pseudonym.ts";
import {
  aJournal,
  anEvent,
  aPartner,
  aPerson,
  aSealedBeacon,
  DAY_MS,
  HOUR_MS,
  NOW,
  someFacts,
  someKeys,
} from "../../fixtures/transform-events.ts";

interface Case {
  readonly beacon?: Partial<SealedBeacon>;
  readonly event?: Partial<SealedEvent>;
  readonly facts?: Parameters<typeof someFacts>[0];
}

function decide({ beacon, event, facts }: Case) {
  return toLawfulEvent(aSealedBeacon(beacon), anEvent(event), someFacts(facts));
}

const ROBOT = { device: "other", browser: "Bot", os: "Linux", robot: true } as const;
const STALE = { atMs: toEpochMs(NOW - 80 * HOUR_MS) };

/** Everything a newer collector might write. */
function unknownType(): Partial<SealedEvent> {
  return JSON.parse('{"type":"attend"}');
}

describe("toLawfulEvent()", () => {
  const drops: Record<(typeof DROP_REASON_NAMES)[number], Case> = {
    robot: { beacon: { agent: ROBOT } },
    too_old: { event: STALE },
    in_future: { event: { atMs: toEpochMs(NOW + HOUR_MS) } },
    expired: { beacon: { origin: "import" }, event: { atMs: toEpochMs(NOW - 400 * DAY_MS) } },
    partner_unknown: { beacon: { person: aPerson({ ptn: "nobody" }) } },
    partner_left: { facts: { journal: aJournal(aPartner({ leftMs: NOW })) } },
    no_consent: { event: { type: "leave" } },
    no_basis: { event: unknownType() },
  };
  test.each(Object.entries(drops))("drops as %s", (reason, given) => {
    expect(decide(given)).toMatchObject({ reason });
  });

  test("drops a Partner's event without a salt for the Partner as no_basis", () => {
    const facts = { journal: aJournal(aPartner({ id: "gone" })) };
    expect(decide({ beacon: { person: aPerson({ ptn: "gone" }) }, facts })).toMatchObject({ reason: "no_basis" });
  });

  const orders: readonly [string, Case][] = [
    ["robot", { beacon: { agent: ROBOT, person: aPerson({ ptn: "nobody" }) }, event: STALE }],
    ["too_old", { beacon: { person: aPerson({ ptn: "nobody" }) }, event: STALE }],
    ["partner_unknown", { beacon: { person: aPerson({ ptn: "nobody" }) }, event: { type: "click" } }],
    ["no_consent", { event: { type: "click" }, facts: { pseudonyms: new PseudonymBook(someKeys("other")) } }],
  ];
  test.each(orders)("gives %s before every later reason", (reason, given) => {
    expect(decide(given)).toMatchObject({ reason });
  });

  test("counts a drop at the time of the event, or at its receipt where that time cannot be used", () => {
    const at = toEpochMs(NOW - HOUR_MS);
    expect(decide({ event: { atMs: at, type: "click" } })).toEqual({ reason: "no_consent", atMs: at });
    expect(decide({ event: STALE })).toEqual({ reason: "too_old", atMs: NOW });
    expect(decide({ beacon: { agent: ROBOT }, event: { atMs: toEpochMs(0) } })).toEqual({ reason: "robot", atMs: NOW });
  });

  test("links engagement to the person", () => {
    const kept = decide({});
    expect(kept).toMatchObject({ purpose: "engagement", atMs: NOW - 2_000, person: { epoch: 1 } });
  });

  test("leaves feedback without consent to be combined unlinked, even without a salt", () => {
    const kept = decide({ event: { type: "feedback" }, facts: { pseudonyms: new PseudonymBook(someKeys("other")) } });
    expect(kept).toMatchObject({ purpose: "feedback", person: { epoch: 0, bytes: new Uint8Array(16) } });
  });

  test("links feedback with that consent", () => {
    const person = aPerson({ consent: { feedback: true } });
    const kept = decide({ beacon: { person }, event: { type: "feedback" } });
    expect(kept).toMatchObject({ purpose: "feedback", person: { epoch: 1 } });
  });

  test("asks no Partner for subscribers, and links them under the keys of accounts without a Partner", () => {
    const person = aPerson({ acct: "subscriber", ptn: "" });
    expect(decide({ beacon: { person }, facts: { journal: EMPTY_JOURNAL } })).toMatchObject({
      purpose: "engagement",
      person: { epoch: 1 },
    });
  });

  test("has a case for every reason", () => {
    expect(Object.keys(drops).sort()).toEqual([...DROP_REASON_NAMES].sort());
  });
});

describe("toPurpose()", () => {
  test("knows no purpose for names that every object has", () => {
    expect(toPurpose("constructor")).toBeUndefined();
    expect(toPurpose("__proto__")).toBeUndefined();
  });
});
