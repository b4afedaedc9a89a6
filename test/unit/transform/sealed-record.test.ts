import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SealedBeacon } from "../../../schemas/event.ts";
import { parseSealedRecord } from "../../../transform/sealed-record.ts";
import { aNote, anEvent, aPerson, aRecord, aSealedBeacon, someStatistics } from "../../fixtures/transform-events.ts";

const parse = (value: unknown) => parseSealedRecord(aRecord(value).value);
/** A beacon with anything in place of a field. */
const odd = (changes: object) => ({ ...aSealedBeacon(), ...changes });
const oddEvent = (changes: object) => odd({ events: [{ ...anEvent(), ...changes }] });

describe("parseSealedRecord()", () => {
  test("reads back what the collector wrote", () => {
    const beacon = aSealedBeacon({
      events: [anEvent({ resource: { id: "r", type: "guide" }, title: "Ü" }), anEvent()],
    });
    expect(parse(beacon)).toEqual(beacon);
    expect(parse(someStatistics())).toEqual(someStatistics());
    expect(parse(aNote())).toEqual(aNote());
  });

  test("lets fields, event types and account kinds pass that it does not know", () => {
    expect(parse(odd({ later: 1 }))).toMatchObject({ kind: "beacon" });
    expect(parse(oddEvent({ type: "attend" }))).toMatchObject({ kind: "beacon" });
    expect(parse(odd({ person: { ...aPerson(), acct: "visitor", ptn: "" } }))).toMatchObject({ kind: "beacon" });
  });

  const unreadable: readonly [string, unknown, string][] = [
    ["text that is no JSON", "{", "not_json"],
    ["nothing", "", "not_json"],
    ["a list", [], "malformed"],
    ["null", null, "malformed"],
    ["another kind", { ...aSealedBeacon(), kind: "attendance" }, "unknown_kind"],
    ["a later version", odd({ v: 2 }), "unknown_version"],
    ["no version", odd({ v: undefined }), "unknown_version"],
    ["no person", odd({ person: undefined }), "malformed"],
    ["a Partner on an account that has none", odd({ person: aPerson({ acct: "subscriber" }) }), "malformed"],
    ["no agent", odd({ agent: null }), "malformed"],
    ["a robot that is no yes or no", odd({ agent: { ...aSealedBeacon().agent, robot: 1 } }), "malformed"],
    ["a receipt that is text", odd({ receivedMs: "2026" }), "malformed"],
    ["events that are no list", odd({ events: {} }), "malformed"],
    ["an event that is no object", odd({ events: [1] }), "malformed"],
    ["an id that is no UUID", oddEvent({ id: "0190" }), "malformed"],
    ["an id in upper case", oddEvent({ id: "01938A00-0000-7000-8000-000000000001" }), "malformed"],
    ["an id with a character beyond ASCII", oddEvent({ id: "01938a00-0000-7000-8000-00000000000é" }), "malformed"],
    ["a time beyond dates", oddEvent({ atMs: 1e17 }), "malformed"],
    ["a path that is a number", oddEvent({ path: 1 }), "malformed"],
    ["a score that is text", oddEvent({ score: "5" }), "malformed"],
    ["a resource without an id", oddEvent({ resource: { type: "guide" } }), "malformed"],
    ["a note without an actor", { ...aNote(), actor: undefined }, "malformed"],
    ["a note whose detail is text", { ...aNote(), detail: "x" }, "malformed"],
    ["a note at no time", { ...aNote(), atMs: "now" }, "malformed"],
    ["a note of a later version", { ...aNote(), v: 2 }, "unknown_version"],
    ["a cell with half a view", someStatistics({ views: 0.5 }), "malformed"],
    ["a cell with fewer than no visits", someStatistics({ visits: -1 }), "malformed"],
  ];
  test.each(unreadable)("refuses %s", (_, value, reason) => {
    expect(parse(value)).toEqual({ unreadable: reason });
  });

  test("refuses bytes that are no UTF-8", () => {
    expect(parseSealedRecord(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ unreadable: "not_json" });
  });

  test("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(aSealedBeacon())), (value, field) => {
        parse(value);
        const beacon: SealedBeacon = aSealedBeacon();
        parse({ ...beacon, [field]: value });
      }),
    );
  });
});
