import { describe, expect, it } from "vitest";
import { findRefs, isErasedQuarantine, isErasedRecord, isOfPurposes } from "../../../../api/rights/log-people.ts";
import { type SubjectRef, toEpochMs } from "../../../../schemas/ids.ts";
import { toQuarantined } from "../../../../transform/quarantine.ts";
import { aPerson, aRecord, aSealedBeacon } from "../../../fixtures/transform-events.ts";

const REF = "A_-".repeat(14).concat("z") as SubjectRef; // 43 characters
const OTHER = "B".repeat(43) as SubjectRef; // 43 characters
const refs = new Map([[REF, toEpochMs(1_000)]]);
const aBeacon = (ref: SubjectRef, receivedMs: number) =>
  aRecord(aSealedBeacon({ person: aPerson({ ref }), receivedMs: toEpochMs(receivedMs) }), ref);

describe("findRefs()", () => {
  it.each([
    [`{"ref":"${REF}"}`, [REF]],
    [`broken ${REF}`, [REF]],
    [`run together ${OTHER}${REF}${OTHER}`, [REF]],
    [`{"ref":"${OTHER}"}`, []],
    [REF.slice(0, 42), []],
  ])("finds whom a text names: %s", (text, found) => {
    expect(findRefs(text, refs)).toEqual(found);
  });
});

describe("isErasedRecord()", () => {
  it("chooses the person's records up to the erasure, nobody else's and none of a new beginning", () => {
    expect(isErasedRecord(aBeacon(REF, 1_000), refs)).toBe(true);
    expect(isErasedRecord(aBeacon(REF, 1_001), refs)).toBe(false);
    expect(isErasedRecord(aBeacon(OTHER, 1), refs)).toBe(false);
  });

  it("chooses what cannot be read wherever the person stands in it, also in the key alone", () => {
    expect(isErasedRecord(aRecord(`{"person":{"ref":"${REF}`), refs)).toBe(true);
    expect(isErasedRecord(aRecord("{}", REF), refs)).toBe(true);
    expect(isErasedRecord(aRecord("", ""), refs)).toBe(false);
  });
});

describe("isOfPurposes()", () => {
  const holding = (...types: readonly string[]) =>
    Buffer.from(JSON.stringify({ events: types.map((type) => ({ type })) }));
  it.each([
    ["click and leave", holding("click", "leave"), true],
    ["another purpose beside", holding("click", "page_view"), false],
    ["a type that nobody knows", holding("click", "hover"), false],
    ["no event", holding(), false],
    ["what cannot be read", Buffer.from("{"), false],
    ["odd events", Buffer.from('{"events":[null,1]}'), false],
  ])("says of a record with %s whether it holds behaviour alone", (_, value, expected) => {
    expect(isOfPurposes(value, ["behaviour"])).toBe(expected);
  });
});

describe("isErasedQuarantine()", () => {
  const quarantined = (ref: SubjectRef, receivedMs: number) =>
    toQuarantined({ stream: "events", partition: 0 }, { ...aBeacon(ref, receivedMs), offset: 1 }, "refused");

  it("looks into the record that is quarantined", () => {
    expect(isErasedQuarantine(quarantined(REF, 1), refs)).toBe(true);
    expect(isErasedQuarantine(quarantined(REF, 1_001), refs)).toBe(false);
    expect(isErasedQuarantine(quarantined(OTHER, 1), refs)).toBe(false);
  });
});
