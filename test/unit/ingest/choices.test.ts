import { describe, expect, test } from "vitest";
import { GRANTS_PER_DAY_MAX, toChoiceMs, toConsentDecisions } from "../../../ingest/choices.ts";
import { type ConsentReceipt, takeConsents } from "../../../ingest/consents.ts";
import { isRefusal } from "../../../ingest/problem.ts";
import { toSubjectRef } from "../../../ingest/seal.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import { type Decision, toJournalState } from "../../../schemas/journal.ts";
import { LogUnavailable } from "../../../schemas/ports.ts";
import { NOW_MS, SEAL_KEY } from "../../fixtures/collector.ts";

const HOUR_MS = 3_600_000;
const PERSON = { ref: toSubjectRef(SEAL_KEY, "partner", "acme", "user-4711"), ptn: "acme" };
const at = (hours: number) => toEpochMs(NOW_MS + hours * HOUR_MS);
const choose = (behaviour: boolean, hours: number, wording = "2026-03") => ({
  choices: { behaviour },
  wording,
  atMs: at(hours),
});
const known = (decisions: readonly Decision[]) => toJournalState(decisions).people.get(PERSON.ref);

describe("toConsentDecisions()", () => {
  test("makes one decision a purpose, with when, wording and source", () => {
    const told = [{ choices: { behaviour: true, feedback: false }, wording: "2026-03", atMs: at(0) }];
    expect(toConsentDecisions(PERSON, "beacon", told, undefined)).toEqual({
      refused: 0,
      decisions: [
        { kind: "consent", ...PERSON, purpose: "behaviour", granted: true, ...CHOSEN },
        { kind: "consent", ...PERSON, purpose: "feedback", granted: false, ...CHOSEN },
      ],
    });
  });
  const CHOSEN = { atMs: at(0), wording: "2026-03", source: "beacon" };

  test("writes the same answer to the same wording once", () => {
    const first = toConsentDecisions(PERSON, "beacon", [choose(true, -2), choose(true, -1)], undefined).decisions;
    expect(first).toHaveLength(1);
    expect(toConsentDecisions(PERSON, "beacon", [choose(true, 0)], known(first)).decisions).toEqual([]);
    expect(toConsentDecisions(PERSON, "beacon", [choose(true, 0, "2026-04")], known(first)).decisions).toHaveLength(1);
    const withdrawn = toConsentDecisions(PERSON, "beacon", [choose(false, 0)], known(first)).decisions;
    expect(withdrawn).toMatchObject([{ granted: false }]);
    const all = known([...first, ...withdrawn]);
    expect(toConsentDecisions(PERSON, "beacon", [choose(false, 1, "2026-04")], all).decisions).toEqual([]);
  });

  test("takes a choice that was made before the latest one: it holds for its own time", () => {
    const first = toConsentDecisions(PERSON, "beacon", [choose(true, 0)], undefined).decisions;
    expect(toConsentDecisions(PERSON, "api", [choose(true, -5)], known(first)).decisions).toHaveLength(1);
  });

  test("after an erasure a person's choices begin afresh", () => {
    const before = toConsentDecisions(PERSON, "beacon", [choose(true, -3)], undefined).decisions;
    const erased = known([...before, { kind: "erasure", ...PERSON, atMs: at(-2) }]);
    expect(toConsentDecisions(PERSON, "beacon", [choose(true, 0)], erased).decisions).toHaveLength(1);
  });

  test("lets nobody fill the journal from a page, but takes every withdrawal", () => {
    const told = Array.from({ length: 100 }, (_, turn) => choose(turn % 2 === 0, turn / 1_000));
    const { decisions, refused } = toConsentDecisions(PERSON, "beacon", told, undefined);
    const granted = decisions.filter((decision) => decision.granted);
    expect(granted).toHaveLength(GRANTS_PER_DAY_MAX);
    expect(refused).toBe(50 - GRANTS_PER_DAY_MAX);
    expect(decisions.at(-1)).toMatchObject({ granted: false });
    expect(decisions).toHaveLength(2 * GRANTS_PER_DAY_MAX);
  });
});

describe("toChoiceMs()", () => {
  test("is never after the receipt and never longer ago than events may be", () => {
    expect(toChoiceMs(at(-1), NOW_MS, 72 * HOUR_MS)).toBe(at(-1));
    expect(toChoiceMs(at(1), NOW_MS, 72 * HOUR_MS)).toBe(NOW_MS);
    expect(toChoiceMs(at(-1_000), NOW_MS, 72 * HOUR_MS)).toBe(at(-72));
  });
});

describe("takeConsents()", () => {
  const journal = toJournalState([
    { kind: "partner", atMs: at(-100), partner: { id: "acme", zone: "UTC", joinedMs: at(-100) } },
    { kind: "partner", atMs: at(-100), partner: { id: "gone", zone: "UTC", joinedMs: at(-100), leftMs: at(-1) } },
  ]);
  async function take(body: unknown, reaches: (partner: string) => boolean = () => true) {
    const decided: Decision[] = [];
    const noted: string[] = [];
    const parts = {
      sealKey: SEAL_KEY,
      journal,
      nowMs: NOW_MS,
      reaches,
      note: async ({ received, changed }: ConsentReceipt, partner: string) =>
        void noted.push(`${received} ${changed} of "${partner}" before ${decided.length} decided`),
      decide: async (some: readonly Decision[]) => void decided.push(...some),
    };
    return { outcome: await takeConsents(body, "api", parts), decided, noted };
  }
  const one = { acct: "partner", partner: "acme", sub: "user-4711", choices: { behaviour: true }, wording: "2026-03" };

  test("takes one choice or a list, made now unless it says when", async () => {
    const single = await take(one);
    expect(single.outcome).toEqual({ received: 1, changed: 1 });
    expect(single.decided).toEqual([
      {
        kind: "consent",
        ...PERSON,
        purpose: "behaviour",
        granted: true,
        atMs: NOW_MS,
        wording: "2026-03",
        source: "api",
      },
    ]);
    const earlier = { ...one, at: "2026-11-01T10:00:00Z", choices: { feedback: false } };
    const list = await take([one, earlier]);
    expect(list.outcome).toEqual({ received: 2, changed: 2 });
    expect(list.decided[1]).toMatchObject({ granted: false, atMs: Date.parse("2026-11-01T10:00:00Z") });
  });

  test.each([
    ["of one Partner", [one, one], '2 1 of "acme" before 0 decided'],
    ["of several", [one, { ...one, acct: "subscriber", partner: undefined }], '2 2 of "" before 0 decided'],
  ])(
    "notes what is told %s before it is decided, also what changes nothing, and never a person",
    async (_, body, said) => {
      expect((await take(body)).noted).toEqual([said]);
    },
  );

  test("decides nothing that cannot be noted", async () => {
    const decide = async () => {
      throw new Error("it was decided");
    };
    const note = async () => {
      throw new LogUnavailable("away");
    };
    const parts = { sealKey: SEAL_KEY, journal, nowMs: NOW_MS, reaches: () => true, note, decide };
    await expect(takeConsents(one, "api", parts)).rejects.toThrow(LogUnavailable);
  });

  test("counts an answer once that a list tells twice", async () => {
    const { outcome, decided } = await take([one, one, { ...one, choices: { behaviour: false }, at: NOW_MS - 5 }]);
    expect(outcome).toEqual({ received: 3, changed: 2 });
    expect(decided.map((decision) => decision.kind === "consent" && decision.granted)).toEqual([true, false]);
  });

  test("takes nothing of a list of which one person lies outside what the caller reaches", async () => {
    const only = (partner: string) => partner === "acme";
    const subscriber = { acct: "subscriber", sub: "user-9", choices: { behaviour: true }, wording: "2026-03" };
    expect((await take([one], only)).outcome).toEqual({ received: 1, changed: 1 });
    // Whether a Partner is on file is told only to who may speak for it.
    for (const other of [subscriber, { ...one, partner: "nobody" }, { ...one, partner: "gone" }]) {
      const { outcome, decided } = await take([one, other], only);
      expect(outcome).toEqual({ refused: "partner_forbidden" });
      expect(decided).toEqual([]);
    }
  });

  test.each([
    ["a Partner that nobody knows", { ...one, partner: "nobody" }, "partner_unknown", undefined],
    ["a Partner that has left", { ...one, partner: "gone" }, "partner_left", undefined],
    ["a time in the future", { ...one, at: NOW_MS + 1 }, "body_invalid", "at: must not lie in the future."],
    ["no answer", { ...one, choices: {} }, "body_invalid", "choices: must say yes or no"],
    ["free text for a wording", { ...one, wording: "I agree!" }, "body_invalid", "wording: must be 1 to 60"],
    ["a subscriber with a Partner", { ...one, acct: "subscriber" }, "body_invalid", "partner must be given"],
    ["an empty list", [], "body_invalid", ""],
    ["no object", "yes", "body_invalid", ""],
    ["one bad choice among good ones", [one, { ...one, sub: "" }], "body_invalid", "1.sub"],
  ])("refuses %s, and takes nothing", async (_, body, code, detail) => {
    const { outcome, decided } = await take(body);
    if (!isRefusal(outcome)) throw new Error("It was taken");
    expect(outcome.refused).toBe(code);
    expect(outcome.detail ?? "").toContain(detail ?? "");
    expect(decided).toEqual([]);
  });
});
