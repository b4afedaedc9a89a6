import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ACCOUNT_KINDS, PURPOSES, type Purpose } from "../../../schemas/event.ts";
import { dropWithoutBasis } from "../../../transform/basis.ts";
import { toConsent } from "../../../transform/consent.ts";
import { aPerson } from "../../fixtures/transform-events.ts";

const NEITHER = { behaviour: false, feedback: false };
const BEHAVIOUR = { behaviour: true, feedback: false };
const FEEDBACK = { behaviour: false, feedback: true };
const BOTH = { behaviour: true, feedback: true };

describe("dropWithoutBasis()", () => {
  const table: readonly [string, Purpose, string, string, string, string][] = [
    // account, purpose, then the outcome with: neither consent, behaviour, feedback, both
    ["partner", "engagement", "linked", "linked", "linked", "linked"],
    ["partner", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["partner", "feedback", "unlinked", "unlinked", "linked", "linked"],
    ["subscriber", "engagement", "linked", "linked", "linked", "linked"],
    ["subscriber", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["subscriber", "feedback", "unlinked", "unlinked", "linked", "linked"],
    ["public", "engagement", "no_consent", "linked", "no_consent", "linked"],
    ["public", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["public", "feedback", "no_consent", "no_consent", "linked", "linked"],
    ["visitor", "engagement", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["", "feedback", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["constructor", "engagement", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["__proto__", "behaviour", "no_basis", "no_basis", "no_basis", "no_basis"],
  ];
  test.each(table)("%s, %s: %s without consent, %s with behaviour, %s with feedback, %s with both", (...row) => {
    const [acct, purpose, ...outcomes] = row;
    const got = [NEITHER, BEHAVIOUR, FEEDBACK, BOTH].map((consent) => dropWithoutBasis(acct, purpose, consent));
    expect(got.map((verdict) => ("kept" in verdict ? verdict.kept : verdict.dropped))).toEqual(outcomes);
  });

  test("drops a purpose that it does not know", () => {
    expect(dropWithoutBasis("partner", undefined, BOTH)).toEqual({ dropped: "no_basis" });
  });

  test("keeps no more when a consent is taken away (consent never widens)", () => {
    const rank = { no_basis: 0, no_consent: 0, unlinked: 1, linked: 2 } as const;
    const toRank = (acct: string, purpose: Purpose, consent: typeof BOTH) => {
      const verdict = dropWithoutBasis(acct, purpose, consent);
      const outcome = "kept" in verdict ? verdict.kept : verdict.dropped;
      return rank[outcome as keyof typeof rank]; // the only outcomes of this step
    };
    const account = fc.oneof(fc.constantFrom(...ACCOUNT_KINDS), fc.string());
    const consent = fc.record({ behaviour: fc.boolean(), feedback: fc.boolean() });
    fc.assert(
      fc.property(account, fc.constantFrom(...PURPOSES), consent, consent, (acct, purpose, a, b) => {
        const less = { behaviour: a.behaviour && b.behaviour, feedback: a.feedback && b.feedback };
        return toRank(acct, purpose, less) <= toRank(acct, purpose, a);
      }),
    );
  });
});

describe("toConsent()", () => {
  test("takes silence for no", () => {
    expect(toConsent(aPerson())).toEqual(NEITHER);
    expect(toConsent(aPerson({ consent: {} }))).toEqual(NEITHER);
  });

  test("takes only an explicit yes", () => {
    expect(toConsent(aPerson({ consent: { behaviour: true } }))).toEqual(BEHAVIOUR);
    expect(toConsent(aPerson({ consent: { behaviour: false, feedback: true } }))).toEqual(FEEDBACK);
    // what a faulty sender could have written
    const odd = JSON.parse('{"behaviour": 1, "feedback": "yes"}');
    expect(toConsent(aPerson({ consent: odd }))).toEqual(NEITHER);
  });
});
