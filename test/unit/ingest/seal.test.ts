import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealPerson, toSubjectRef, withoutConsent } from "../../../ingest/seal.ts";
import { ACCOUNT_KINDS } from "../../../schemas/event.ts";
import { SEAL_KEY } from "../../fixtures/collector.ts";

describe("toSubjectRef()", () => {
  it("stays the same from release to release: people's rights are looked up by it", () => {
    expect(toSubjectRef(SEAL_KEY, "partner", "acme", "user-4711")).toBe("s9WwvTpprDiJSci247C_C3V-JchIdQT2jOiRwVy0_WE");
  });

  it("differs whenever kind, Partner or user id do, whatever characters they hold", () => {
    const person = fc.tuple(
      fc.constantFrom(...ACCOUNT_KINDS),
      fc.string({ unit: fc.constantFrom("a", "b", "\0", "|") }),
      fc.string({ unit: fc.constantFrom("a", "b", "\0", "|") }),
    );
    fc.assert(
      fc.property(person, person, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        return (toSubjectRef(SEAL_KEY, ...one) === toSubjectRef(SEAL_KEY, ...other)) === same;
      }),
    );
  });

  it("differs under another key", () => {
    expect(toSubjectRef(Buffer.alloc(32, 8), "public", "", "a")).not.toBe(toSubjectRef(SEAL_KEY, "public", "", "a"));
  });
});

describe("sealPerson()", () => {
  it("leaves the user id out, masks the department and keeps only what was given", () => {
    expect(sealPerson(SEAL_KEY, { sub: "user-4711", acct: "public" })).toEqual({
      ref: expect.any(String),
      acct: "public",
      ptn: "",
    });
    const person = sealPerson(SEAL_KEY, {
      sub: "john@example.org",
      acct: "partner",
      ptn: "acme",
      dept: "john@example.org",
      consent: { behaviour: false, feedback: undefined },
    });
    expect(person).toEqual({
      ref: expect.any(String),
      acct: "partner",
      ptn: "acme",
      dept: "[masked]",
      consent: { behaviour: false },
    });
    expect(withoutConsent(person)).toEqual({ ...person, consent: { behaviour: false, feedback: false } });
  });
});
