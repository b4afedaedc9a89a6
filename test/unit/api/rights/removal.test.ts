import { describe, expect, it } from "vitest";
import { toGone } from "../../../../api/rights/gone.ts";
import { toTablesOf } from "../../../../api/rights/person-set.ts";
import { hasConsented, refuseWhileConsented, toRemoval, toRemovalDecisions } from "../../../../api/rights/removal.ts";
import { type SubjectRef, toEpochMs } from "../../../../schemas/ids.ts";
import { type Decision, toJournalState } from "../../../../schemas/journal.ts";

const PERSON = { ref: "ann-ref" as SubjectRef, ptn: "acme" }; // any text is one here
const at = (hour: number) => toEpochMs(hour * 3_600_000);
const consent = (granted: boolean, hour: number, purpose: "behaviour" | "feedback" = "behaviour"): Decision => {
  return { kind: "consent", ...PERSON, purpose, granted, atMs: at(hour), wording: "v1", source: "api" };
};
const ASKED = { purpose: "behaviour", withdraw: false } as const;

describe("hasConsented()", () => {
  const cases: readonly [string, readonly Decision[], boolean][] = [
    ["nobody knows of", [], false],
    ["was given", [consent(true, 1)], true],
    ["was withdrawn", [consent(true, 1), consent(false, 2)], false],
    ["was given again", [consent(true, 1), consent(false, 2), consent(true, 3)], true],
    ["arrived late, from before the withdrawal", [consent(false, 2), consent(true, 1)], false],
    ["is to another purpose", [consent(true, 1, "feedback")], false],
    ["was given before an erasure", [consent(true, 1), { kind: "erasure", ...PERSON, atMs: at(2) }], false],
  ];
  it.each(cases)("tells of a consent that %s", (_, decisions, expected) => {
    expect(hasConsented(toJournalState(decisions), PERSON, "behaviour")).toBe(expected);
  });
});

describe("refuseWhileConsented()", () => {
  const journal = toJournalState([consent(true, 1)]);
  const other = { ref: "bob-ref" as SubjectRef, ptn: "acme" }; // any text is one here

  it("refuses if the consent of anyone is in force, and names nobody", () => {
    const refusing = () => refuseWhileConsented(journal, [PERSON, other], ASKED);
    expect(refusing).toThrow("of 2 people: the consent of 1 of them is in force");
    expect(refusing).toThrow(expect.objectContaining({ code: "consent_in_force" }));
    expect(refusing).toThrow(expect.objectContaining({ message: expect.not.stringContaining(PERSON.ref) }));
  });

  it("allows it when it is withdrawn by the same request, is of another purpose, or was never given", () => {
    expect(() => refuseWhileConsented(journal, [PERSON], { ...ASKED, withdraw: true })).not.toThrow();
    expect(() => refuseWhileConsented(journal, [PERSON], { ...ASKED, purpose: "feedback" })).not.toThrow();
    expect(() => refuseWhileConsented(journal, [other], ASKED)).not.toThrow();
  });
});

describe("toRemovalDecisions()", () => {
  const decide = (withdraw: boolean, ...decisions: Decision[]) => {
    const removal = toRemoval("public", { ...ASKED, withdraw });
    if (removal === undefined) throw new Error("a removal was asked for");
    const asked = { ...removal, request: "R-2026-abcdef" };
    return toRemovalDecisions(toJournalState(decisions), PERSON, asked, at(5), at(6));
  };
  const removals = [
    { kind: "removal", ...PERSON, purpose: "engagement", atMs: at(6) },
    { kind: "removal", ...PERSON, purpose: "behaviour", atMs: at(6) },
  ];

  it("removes each purpose that rests on the consent", () => {
    expect(decide(false, consent(false, 1))).toEqual(removals);
  });

  it("withdraws first what is in force, with the request in place of a wording, and nothing that is not", () => {
    const withdrawal = { ...consent(false, 5), wording: "R-2026-abcdef", source: "operator" };
    expect(decide(true, consent(true, 1))).toEqual([withdrawal, ...removals]);
    expect(decide(true, consent(true, 1), consent(false, 2))).toEqual(removals);
    expect(decide(true)).toEqual(removals);
  });
});

describe("toGone()", () => {
  it("tells whole people from purposes, each with their own end", () => {
    const state = toJournalState([
      { kind: "removal", ...PERSON, purpose: "behaviour", atMs: at(4) },
      { kind: "removal", ...PERSON, purpose: "behaviour", atMs: at(3) },
      { kind: "erasure", ...PERSON, atMs: at(1) },
    ]);
    expect(toGone(state)).toEqual([
      { people: [{ ...PERSON, untilMs: at(1) }] },
      { people: [{ ...PERSON, untilMs: at(4) }], purposes: ["behaviour"] },
    ]);
    expect(toGone(toJournalState([consent(true, 1)]))).toEqual([]);
  });
});

describe("toTablesOf()", () => {
  it.each([
    [["behaviour"], ["behaviour", "held", "people"]],
    [["feedback"], ["feedback", "held", "people"]],
    [
      ["engagement", "behaviour"],
      ["engagement", "attendance", "behaviour", "held", "people"],
    ],
    [undefined, ["engagement", "behaviour", "feedback", "attendance", "held", "people"]],
  ] as const)("of %j names %j", (purposes, tables) => {
    expect(toTablesOf(purposes)).toEqual(tables);
  });
});
