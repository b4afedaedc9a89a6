import { describe, expect, test } from "vitest";
import { toEpochMs } from "../../../schemas/ids.ts";
import { type ConsentPurpose, type Decision, toJournalState } from "../../../schemas/journal.ts";
import { toConsent } from "../../../transform/consent.ts";
import { aPerson, HOUR_MS, NOW } from "../../fixtures/transform-events.ts";

const at = (hours: number) => toEpochMs(NOW + hours * HOUR_MS);
const NONE = { behaviour: undefined, feedback: undefined, togetherSince: undefined };
const PERSON = { ref: aPerson().ref, ptn: "acme" };

/** Choices of one person as the journal has them: `[granted, hours]`, in the order in which they were written. */
function choicesOf(changes: readonly [boolean, number][], purpose: ConsentPurpose = "behaviour", erasedAt?: number) {
  const decisions = changes.map(([granted, hours]): Decision => {
    return { kind: "consent", ...PERSON, purpose, granted, atMs: at(hours), wording: "v1", source: "api" };
  });
  const erasure: Decision[] = erasedAt === undefined ? [] : [{ kind: "erasure", ...PERSON, atMs: at(erasedAt) }];
  return toJournalState([...decisions, ...erasure]).people.get(PERSON.ref);
}

const behaviour = (consent: Parameters<typeof aPerson>[0], choices: ReturnType<typeof choicesOf>, hours = 0) =>
  toConsent(aPerson(consent), choices, at(hours)).behaviour;

describe("toConsent()", () => {
  test("takes silence for no", () => {
    expect(toConsent(aPerson(), undefined, NOW)).toEqual(NONE);
    expect(toConsent(aPerson({ consent: {} }), undefined, NOW)).toEqual(NONE);
  });

  test("takes only an explicit yes of a token, where the journal knows nothing", () => {
    expect(toConsent(aPerson({ consent: { behaviour: true } }), undefined, NOW).behaviour).toBe(0);
    expect(toConsent(aPerson({ consent: { behaviour: false, feedback: true } }), undefined, NOW)).toEqual({
      ...NONE,
      feedback: 0,
    });
    // what a faulty sender could have written
    const odd = JSON.parse('{"behaviour": 1, "feedback": "yes"}');
    expect(toConsent(aPerson({ consent: odd }), undefined, NOW)).toEqual(NONE);
  });

  const yes = { consent: { behaviour: true } };
  const cases: readonly [string, readonly [boolean, number][], number, number | undefined][] = [
    ["a grant covers what happens after it", [[true, -2]], 0, -2],
    ["a grant covers the very moment", [[true, 0]], 0, 0],
    ["a grant covers nothing before it", [[true, 1]], 0, undefined],
    [
      "a withdrawal ends it",
      [
        [true, -3],
        [false, -1],
      ],
      0,
      undefined,
    ],
    [
      "a withdrawal since the event ends it",
      [
        [true, -3],
        [false, 1],
      ],
      0,
      undefined,
    ],
    [
      "a grant after a withdrawal begins anew",
      [
        [true, -3],
        [false, -2],
        [true, -1],
      ],
      0,
      -1,
    ],
    [
      "a grant after a withdrawal does not bring back what was before",
      [
        [true, -3],
        [false, 1],
        [true, 2],
      ],
      0,
      undefined,
    ],
    [
      "a yes said again is the same grant",
      [
        [true, -3],
        [true, -1],
      ],
      0,
      -3,
    ],
    [
      "a choice that arrives late takes its place in time",
      [
        [true, -1],
        [false, -3],
      ],
      0,
      -1,
    ],
    [
      "of two choices at one moment the later written holds",
      [
        [true, -1],
        [false, -1],
      ],
      0,
      undefined,
    ],
    [
      "of two choices at one moment the later written holds, also a yes",
      [
        [false, -1],
        [true, -1],
      ],
      0,
      -1,
    ],
    ["a no alone is a no, whatever the token says", [[false, -5]], 0, undefined],
  ];
  test.each(cases)("%s", (_, changes, hours, grant) => {
    const expected = grant === undefined ? undefined : at(grant);
    expect(behaviour({}, choicesOf(changes), hours)).toBe(expected);
    expect(behaviour(yes, choicesOf(changes), hours)).toBe(expected);
  });

  test("an explicit no of the token holds against the journal", () => {
    expect(behaviour({ consent: { behaviour: false } }, choicesOf([[true, -2]]))).toBeUndefined();
  });

  test("choices about one purpose say nothing of the other", () => {
    expect(behaviour(yes, choicesOf([[false, -2]], "feedback"))).toBe(0);
  });

  test("after an erasure the choices before it count no more", () => {
    expect(behaviour({}, choicesOf([[true, -3]], "behaviour", -2))).toBeUndefined();
    expect(behaviour(yes, choicesOf([[false, -3]], "behaviour", -2))).toBe(0);
    expect(
      behaviour(
        {},
        choicesOf(
          [
            [true, -3],
            [true, -1],
          ],
          "behaviour",
          -2,
        ),
      ),
    ).toBe(at(-1));
  });
});
