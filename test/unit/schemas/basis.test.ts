import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ALL_PURPOSES,
  toBasisRows,
  toForbiddenRows,
  toPurposesByConsent,
  toTreatment,
  VISITOR_KINDS,
} from "../../../schemas/basis.ts";
import { ACCOUNT_KINDS, PURPOSES } from "../../../schemas/event.ts";
import { CONSENT_PURPOSES } from "../../../schemas/journal.ts";

const NEITHER = { behaviour: false, feedback: false };
const BEHAVIOUR = { behaviour: true, feedback: false };
const FEEDBACK = { behaviour: false, feedback: true };
const BOTH = { behaviour: true, feedback: true };
const FREE = { partner: "active", erased: false, restricted: false, objected: false } as const;

const toWord = (treatment: ReturnType<typeof toTreatment>) =>
  "kept" in treatment ? treatment.kept : treatment.dropped;

describe("toTreatment()", () => {
  const table: readonly [string, (typeof ALL_PURPOSES)[number], string, string, string, string][] = [
    // visitor, purpose, then the outcome with: neither consent, behaviour, feedback, both
    ["partner", "engagement", "linked", "linked", "linked", "linked"],
    ["partner", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["partner", "feedback", "unlinked", "unlinked", "linked", "linked"],
    ["partner", "statistics", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["subscriber", "engagement", "linked", "linked", "linked", "linked"],
    ["subscriber", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["subscriber", "feedback", "unlinked", "unlinked", "linked", "linked"],
    ["subscriber", "statistics", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["public", "engagement", "no_consent", "linked", "no_consent", "linked"],
    ["public", "behaviour", "no_consent", "linked", "no_consent", "linked"],
    ["public", "feedback", "no_consent", "no_consent", "linked", "linked"],
    ["public", "statistics", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["anonymous", "engagement", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["anonymous", "behaviour", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["anonymous", "feedback", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["anonymous", "statistics", "counted", "counted", "counted", "counted"],
    ["visitor", "engagement", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["", "feedback", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["constructor", "engagement", "no_basis", "no_basis", "no_basis", "no_basis"],
    ["__proto__", "behaviour", "no_basis", "no_basis", "no_basis", "no_basis"],
  ];

  test.each(table)("%s, %s: %s without consent, %s with behaviour, %s with feedback, %s with both", (...row) => {
    const [visitor, purpose, ...outcomes] = row;
    const got = [NEITHER, BEHAVIOUR, FEEDBACK, BOTH].map((consents) =>
      toTreatment({ ...FREE, visitor, purpose, consents }),
    );
    expect(got.map(toWord)).toEqual(outcomes);
  });

  test("the table has every visitor and purpose", () => {
    const pairs = table.map(([visitor, purpose]) => `${visitor} ${purpose}`);
    for (const visitor of VISITOR_KINDS) {
      for (const purpose of ALL_PURPOSES) expect(pairs).toContain(`${visitor} ${purpose}`);
    }
  });

  /** The first circumstance that forbids, whoever acts and whatever for. */
  const forbidding: readonly [string, Partial<Parameters<typeof toTreatment>[0]>][] = [
    ["partner_unknown", { partner: "unknown" }],
    ["partner_left", { partner: "left" }],
    ["erased", { erased: true }],
    ["restricted", { restricted: true }],
    ["objected", { objected: true }],
  ];
  for (const [index, [reason, change]] of forbidding.entries()) {
    test(`${reason} forbids every purpose of everyone, before what comes after it`, () => {
      const later = Object.assign({}, ...forbidding.slice(index + 1).map(([, one]) => one));
      for (const visitor of VISITOR_KINDS) {
        for (const purpose of ALL_PURPOSES) {
          for (const consents of [NEITHER, BEHAVIOUR, FEEDBACK, BOTH]) {
            for (const others of [{}, later]) {
              const treatment = toTreatment({ ...FREE, visitor, purpose, consents, ...others, ...change });
              expect(toWord(treatment)).toBe(reason);
            }
          }
        }
      }
    });
  }

  test("drops a purpose that it does not know", () => {
    expect(toTreatment({ ...FREE, visitor: "partner", purpose: undefined, consents: BOTH })).toEqual({
      dropped: "no_basis",
    });
  });

  test("keeps no more when a consent is taken away", () => {
    const rank: Readonly<Record<string, number>> = { no_basis: 0, no_consent: 0, counted: 1, unlinked: 1, linked: 2 };
    const visitors = fc.oneof(fc.constantFrom(...VISITOR_KINDS), fc.string());
    const some = fc.record({ behaviour: fc.boolean(), feedback: fc.boolean() });
    fc.assert(
      fc.property(visitors, fc.constantFrom(...ALL_PURPOSES), some, some, (visitor, purpose, a, b) => {
        const less = { behaviour: a.behaviour && b.behaviour, feedback: a.feedback && b.feedback };
        const toRank = (consents: typeof a) => rank[toWord(toTreatment({ ...FREE, visitor, purpose, consents }))] ?? 9;
        return toRank(less) <= toRank(a);
      }),
    );
  });
});

describe("toPurposesByConsent()", () => {
  test.each([
    ["partner", "behaviour", ["behaviour"]],
    ["partner", "feedback", ["feedback"]],
    ["subscriber", "behaviour", ["behaviour"]],
    ["subscriber", "feedback", ["feedback"]],
    ["public", "behaviour", ["engagement", "behaviour"]],
    ["public", "feedback", ["feedback"]],
  ] as const)("of a %s account consent to %s carries %j", (acct, consent, purposes) => {
    expect(toPurposesByConsent(acct, consent)).toEqual(purposes);
  });

  test("names whatever is linked with that consent and would not be without it", () => {
    for (const acct of ACCOUNT_KINDS) {
      for (const consent of CONSENT_PURPOSES) {
        const linked = (consents: typeof BOTH) =>
          PURPOSES.filter((purpose) => toWord(toTreatment({ ...FREE, visitor: acct, purpose, consents })) === "linked");
        const without = linked({ ...BOTH, [consent]: false });
        expect(toPurposesByConsent(acct, consent)).toEqual(linked(BOTH).filter((one) => !without.includes(one)));
      }
    }
  });
});

describe("the documentation of the basis", () => {
  test("has a row for each visitor and purpose, in words", () => {
    expect(toBasisRows()).toHaveLength(VISITOR_KINDS.length * ALL_PURPOSES.length);
    expect(toBasisRows()).toContainEqual([
      "partner",
      "feedback",
      "kept without a pseudonym",
      "kept without a pseudonym",
      "kept with the pseudonym",
    ]);
  });

  test("says what forbids whatever the basis", () => {
    expect(toForbiddenRows().map(([, outcome]) => outcome)).toEqual(
      ["partner_unknown", "partner_left", "erased", "restricted", "objected", "no_basis"].map(
        (reason) => `dropped as \`${reason}\``,
      ),
    );
  });
});
