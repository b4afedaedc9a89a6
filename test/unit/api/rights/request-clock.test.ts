import { describe, expect, it } from "vitest";
import { type RequestKind, toDueMs, toExtendedMs, toResumedMs } from "../../../../api/rights/request-clock.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const at = (text: string) => toEpochMs(Date.parse(text));
const text = (ms: number) => new Date(ms).toISOString();

describe("toDueMs()", () => {
  it.each<[RequestKind, string, string, string]>([
    ["access", "2026-11-24T09:00:00Z", "UTC", "2026-12-24T23:59:59.999Z"],
    ["erasure", "2027-01-31T12:00:00Z", "UTC", "2027-02-28T23:59:59.999Z"],
    ["erasure", "2028-01-31T12:00:00Z", "UTC", "2028-02-29T23:59:59.999Z"],
    ["access", "2026-12-31T12:00:00Z", "UTC", "2027-01-31T23:59:59.999Z"],
    ["complaint", "2026-11-24T09:00:00Z", "UTC", "2026-12-24T23:59:59.999Z"],
    ["complaint", "2027-01-31T09:00:00Z", "UTC", "2027-03-02T23:59:59.999Z"],
    // Late in the evening in London it is already the next day: received on 1 July.
    ["access", "2026-06-30T23:30:00Z", "Europe/London", "2026-08-01T22:59:59.999Z"],
  ])("is a month, or 30 days for a complaint: %s received %s in %s", (kind, received, zone, due) => {
    expect(text(toDueMs(kind, at(received), zone))).toBe(due);
  });
});

it("toExtendedMs() adds two months", () => {
  expect(text(toExtendedMs(at("2026-12-31T23:59:59.999Z"), "UTC"))).toBe("2027-02-28T23:59:59.999Z");
});

describe("toResumedMs()", () => {
  it.each([
    ["2026-12-01T10:00:00Z", "2026-12-04T10:00:00Z", "2026-12-27T23:59:59.999Z"],
    ["2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z", "2026-12-25T23:59:59.999Z"],
    ["2026-12-01T10:00:00Z", "2026-12-01T10:00:00Z", "2026-12-24T23:59:59.999Z"],
  ])("moves the due day by the days that the clock stood still: %s to %s", (stopped, resumed, due) => {
    expect(text(toResumedMs(at("2026-12-24T23:59:59.999Z"), at(stopped), at(resumed), "UTC"))).toBe(due);
  });
});
