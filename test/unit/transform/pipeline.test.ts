import { describe, expect, test } from "vitest";
import type { SealedBeacon, SealedEvent } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import {
  type ConsentPurpose,
  type Decision,
  EMPTY_JOURNAL,
  type JournalState,
  toJournalState,
} from "../../../schemas/journal.ts";
import { DROP_REASON_NAMES } from "../../../schemas/verdict.ts";
import { toLawfulEvent, toPurpose } from "../../../transform/pipeline.ts";
import { PseudonymBook } from "../../../transform/pseudonym.ts";
import {
  aJournal,
  anEvent,
  aPartner,
  aPartnerDecision,
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

function toPerson(decided: ReturnType<typeof toLawfulEvent>) {
  if ("reason" in decided) throw new Error(`dropped as ${decided.reason}`);
  return decided.person;
}

const ROBOT = { device: "other", browser: "Bot", os: "Linux", robot: true } as const;
const STALE = { atMs: toEpochMs(NOW - 80 * HOUR_MS) };

const PERSON = { ref: aPerson().ref, ptn: "acme" };

/** A journal with the Partner and these decisions. */
function afterDecisions(...decisions: Decision[]): JournalState {
  return toJournalState([aPartnerDecision(), ...decisions]);
}

function aConsent(granted: boolean, hours: number, purpose: ConsentPurpose = "behaviour"): Decision {
  const atMs = toEpochMs(NOW + hours * HOUR_MS);
  return { kind: "consent", ...PERSON, purpose, granted, atMs, wording: "v1", source: "beacon" };
}

const FORBIDDEN: readonly Decision[] = [
  { kind: "erasure", ...PERSON, atMs: NOW },
  { kind: "restriction", ...PERSON, atMs: NOW, on: true },
  { kind: "objection", ...PERSON, atMs: NOW, purpose: "behaviour", on: true },
];
const leftAndErased = () => toJournalState([aPartnerDecision({ leftMs: NOW }), ...FORBIDDEN]);

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
    erased: { facts: { journal: afterDecisions({ kind: "erasure", ...PERSON, atMs: NOW }) } },
    restricted: { facts: { journal: afterDecisions({ kind: "restriction", ...PERSON, atMs: NOW, on: true }) } },
    objected: {
      facts: { journal: afterDecisions({ kind: "objection", ...PERSON, atMs: NOW, purpose: "engagement", on: true }) },
    },
    no_consent: { event: { type: "leave" } },
    no_basis: { event: unknownType() },
  };
  test.each(Object.entries(drops))("drops as %s", (reason, given) => {
    expect(decide(given)).toMatchObject({ reason });
  });

  const removed = { kind: "removal", ...PERSON, purpose: "feedback" } as const;
  test.each([
    ["what happened before it", 0, 0, "feedback", { reason: "erased" }],
    ["what happened before it and came after it", 0, 2, "feedback", { reason: "erased" }],
    ["what happened after it, if it came before it by a clock ahead", 2, 0, "feedback", { reason: "erased" }],
    ["nothing that happened and came after it", 2, 2, "feedback", { purpose: "feedback" }],
    ["nothing of another purpose", 0, 0, "page_view", { purpose: "engagement" }],
  ] as const)("a removal by purpose covers %s", (_, happened, received, type, decided) => {
    const minute = (minutes: number) => toEpochMs(NOW - 3_600_000 + minutes * 60_000);
    const journal = afterDecisions({ ...removed, atMs: minute(1) });
    const given = {
      beacon: { receivedMs: minute(received) },
      event: { type, atMs: minute(happened) },
      facts: { journal },
    };
    expect(decide(given)).toMatchObject(decided);
  });

  test.each([
    ["beacon", { reason: "no_basis" }],
    ["matomo", { reason: "no_basis" }],
    ["import", { purpose: "engagement" }],
    ["server", { purpose: "engagement" }],
  ] as const)("takes an attendance from no browser: %s", (origin, decided) => {
    expect(decide({ beacon: { origin }, event: { type: "attendance", minutes: 60 } })).toMatchObject(decided);
  });

  test.each([
    [true, { purpose: "engagement" }],
    [false, { reason: "no_consent" }],
  ])("keeps a public account's attendance only by consent: %s", (behaviour, decided) => {
    const person = aPerson({ acct: "public", ptn: "", consent: { behaviour } });
    expect(decide({ beacon: { origin: "import", person }, event: { type: "attendance" } })).toMatchObject(decided);
  });

  test("drops a Partner's event without a salt for the Partner as no_basis", () => {
    const facts = { journal: aJournal(aPartner({ id: "gone" })) };
    expect(decide({ beacon: { person: aPerson({ ptn: "gone" }) }, facts })).toMatchObject({ reason: "no_basis" });
  });

  const orders: readonly [string, Case][] = [
    ["robot", { beacon: { agent: ROBOT, person: aPerson({ ptn: "nobody" }) }, event: STALE }],
    ["too_old", { beacon: { person: aPerson({ ptn: "nobody" }) }, event: STALE }],
    ["partner_unknown", { beacon: { person: aPerson({ ptn: "nobody" }) }, event: { type: "click" } }],
    ["partner_left", { facts: { journal: leftAndErased() } }],
    ["erased", { facts: { journal: afterDecisions(...FORBIDDEN) } }],
    ["restricted", { facts: { journal: afterDecisions(...FORBIDDEN.slice(1)) } }],
    ["objected", { event: { type: "leave" }, facts: { journal: afterDecisions(...FORBIDDEN.slice(2)) } }],
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

  test("stores nothing of before a withdrawal that is processed after it, even if consent was given again", () => {
    const journal = afterDecisions(aConsent(true, -5), aConsent(false, -3), aConsent(true, -1));
    const at = (hours: number) =>
      decide({ event: { type: "leave", atMs: toEpochMs(NOW + hours * HOUR_MS) }, facts: { journal } });
    expect(at(-6)).toMatchObject({ reason: "no_consent" });
    expect(at(-4)).toMatchObject({ reason: "no_consent" });
    expect(at(-2)).toMatchObject({ reason: "no_consent" });
    expect(at(-0.5)).toMatchObject({ purpose: "behaviour", person: { epoch: 1 } });
  });

  test("gives one person unlike pseudonyms for engagement and for each time of consent", () => {
    const pseudonym = (given: Case) => Buffer.from(toPerson(decide(given)).bytes).toString("hex");
    const leave = { type: "leave", atMs: NOW } as const;
    const first = { facts: { journal: afterDecisions(aConsent(true, -5)) } };
    const second = { facts: { journal: afterDecisions(aConsent(true, -5), aConsent(false, -3), aConsent(true, -1)) } };
    const renewed = { facts: { journal: afterDecisions(aConsent(true, -5), aConsent(true, -1)) } };
    const all = [pseudonym({}), pseudonym({ ...first, event: leave }), pseudonym({ ...second, event: leave })];
    expect(new Set(all).size).toBe(3);
    expect(pseudonym({ ...renewed, event: leave })).toBe(all[1]);
    expect(pseudonym({ ...second })).toBe(all[0]);
  });

  test("combines feedback with behaviour only while both are agreed to", () => {
    const pseudonym = (type: "leave" | "feedback", ...decisions: Decision[]) =>
      Buffer.from(toPerson(decide({ event: { type }, facts: { journal: afterDecisions(...decisions) } })).bytes);
    const both = [aConsent(true, -5), aConsent(true, -4, "feedback")];
    expect(pseudonym("feedback", ...both)).toEqual(pseudonym("leave", ...both));
    const alone = pseudonym("feedback", aConsent(true, -4, "feedback"));
    expect(alone).not.toEqual(pseudonym("leave", ...both));
    expect(pseudonym("feedback", aConsent(true, -5))).toEqual(Buffer.alloc(16));
  });

  test("combines nothing after a withdrawal of feedback with what was combined before it, though behaviour goes on", () => {
    const pseudonym = (type: "leave" | "feedback", ...decisions: Decision[]) =>
      Buffer.from(toPerson(decide({ event: { type }, facts: { journal: afterDecisions(...decisions) } })).bytes);
    const both = [aConsent(true, -5), aConsent(true, -4, "feedback")];
    const withdrawn = [...both, aConsent(false, -3, "feedback")];
    const renewed = [...withdrawn, aConsent(true, -2, "feedback")];
    expect(pseudonym("leave", ...withdrawn)).not.toEqual(pseudonym("feedback", ...both));
    expect(pseudonym("feedback", ...renewed)).not.toEqual(pseudonym("feedback", ...both));
    expect(pseudonym("feedback", ...renewed)).toEqual(pseudonym("leave", ...renewed));
    // Also what happened before the withdrawal and is processed after it.
    const late = [...both, aConsent(false, 1, "feedback")];
    expect(pseudonym("leave", ...late)).not.toEqual(pseudonym("feedback", ...both));
    // Whoever said no to feedback when saying yes to behaviour has ended nothing.
    expect(pseudonym("leave", aConsent(true, -5), aConsent(false, -5, "feedback"))).toEqual(
      pseudonym("leave", aConsent(true, -5)),
    );
  });

  test("lets a person begin afresh after an erasure, but nothing that was received before it", () => {
    const journal = afterDecisions({ kind: "erasure", ...PERSON, atMs: toEpochMs(NOW - HOUR_MS) });
    const before = { atMs: toEpochMs(NOW - 2 * HOUR_MS) };
    expect(decide({ event: before, facts: { journal } })).toMatchObject({ reason: "erased" });
    expect(decide({ facts: { journal } })).toMatchObject({ purpose: "engagement" });
    const received = { receivedMs: toEpochMs(NOW - HOUR_MS) };
    const ahead = { atMs: toEpochMs(NOW - HOUR_MS + 60_000) };
    expect(decide({ beacon: received, event: ahead, facts: { journal } })).toMatchObject({ reason: "erased" });
  });

  test("keeps other purposes of a person who objects to one", () => {
    const journal = afterDecisions(...FORBIDDEN.slice(2));
    expect(decide({ facts: { journal } })).toMatchObject({ purpose: "engagement" });
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
