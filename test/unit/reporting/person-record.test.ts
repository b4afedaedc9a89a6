import { describe, expect, it } from "vitest";
import { type PersonAction, toPersonRecord } from "../../../reporting/person-record.ts";
import { aMonth } from "../../fixtures/close-store.ts";

const OCTOBER = { month: aMonth("2026-10"), zone: "Europe/London" };

/** A page opened so many seconds after ten. */
function aView(seconds: number, given: Partial<PersonAction> = {}): PersonAction {
  return {
    ...{ id: `view-${seconds}`, atMs: Date.parse("2026-10-05T10:00:00Z") + seconds * 1_000, type: "page_view" },
    ...{ site: "main", path: "/download", resource: "", full: true },
    ...given,
  };
}

describe("toPersonRecord() takes two views within 30 s", () => {
  const count = (...actions: readonly PersonAction[]) => toPersonRecord(OCTOBER, actions, [], 10).figures.page_views;

  it("for one if they are of one resource, and for two if the same path led to two", () => {
    expect(count(aView(0, { resource: "r1" }), aView(5, { resource: "r1" }))).toBe(1);
    expect(count(aView(0, { resource: "r1" }), aView(5, { resource: "r2" }))).toBe(2);
  });

  it("for one where the path is no resource", () => {
    expect(count(aView(0), aView(5))).toBe(1);
  });
});
