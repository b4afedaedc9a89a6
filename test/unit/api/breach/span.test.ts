import { describe, expect, it } from "vitest";
import { parseSpan, toEventSpan, toGoneDays } from "../../../../api/breach/span.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const at = (time: string) => toEpochMs(Date.parse(time));
const NOW = at("2026-11-20T12:00:00Z");

describe("parseSpan()", () => {
  it.each([
    ["2026-11-01", "2026-11-02", "2026-11-01T00:00:00.000Z", "2026-11-02T23:59:59.999Z"],
    ["2026-11-01T10:00Z", "2026-11-01T12:00+01:00", "2026-11-01T10:00:00.000Z", "2026-11-01T11:00:00.000Z"],
    ["2026-11-20", "now", "2026-11-20T00:00:00.000Z", "2026-11-20T12:00:00.000Z"],
    ["2026-11-20", "2026-12-24", "2026-11-20T00:00:00.000Z", "2026-11-20T12:00:00.000Z"],
  ])("reads %s and %s", (from, until, begin, end) => {
    expect(parseSpan(from, until, NOW)).toEqual({ fromMs: at(begin), untilMs: at(end) });
  });

  it.each([
    ["yesterday", "now", /--from "yesterday": it must be a day/],
    ["2026-11-01T10:00", "now", /with its zone/],
    ["2026-02-30", "now", /--from "2026-02-30"/],
    ["2026-11-01", "2026-11-31", /--until "2026-11-31"/],
    ["2026-11-10", "2026-11-09", /the begin lies after the end/],
    ["2026-11-21", "2026-11-22", /lies after now/],
  ])("refuses %s and %s", (from, until, message) => {
    expect(() => parseSpan(from, until, NOW)).toThrow(message);
  });
});

describe("what a view asks for", () => {
  const span = parseSpan("2026-11-01", "2026-11-02", NOW);

  it("toEventSpan() takes everything up to the end for exposed, the span for collected", () => {
    expect(toEventSpan("exposed", span)).toEqual({ fromMs: 0, untilMs: span.untilMs });
    expect(toEventSpan("collected", span)).toEqual(span);
  });

  const LONG_AGO = "2020-01-01";
  it.each([
    ["exposed", "2026-11-20", "2026-11-20", undefined],
    ["exposed", "2026-11-01", "2026-11-02", { first: "2025-11-02", last: "2025-11-20" }],
    ["collected", "2026-11-01", "2026-11-02", undefined],
    ["collected", "2025-11-10", "2025-11-12", { first: "2025-11-10", last: "2025-11-12" }],
    ["collected", "2025-11-19", "2025-11-25", { first: "2025-11-19", last: "2025-11-20" }],
  ] as const)("toGoneDays() of %s from %s to %s", (view, from, until, gone) => {
    expect(toGoneDays(view, parseSpan(from, until, NOW), NOW, 365, LONG_AGO)).toEqual(gone);
  });

  it.each([
    ["2025-11-05", { first: "2025-11-05", last: "2025-11-20" }],
    ["2025-11-20", { first: "2025-11-20", last: "2025-11-20" }],
    ["2025-11-21", undefined],
    ["2026-11-01", undefined],
    [undefined, undefined],
  ])("toGoneDays() tells of no day before %s, the first that anything was stored of", (firstDay, gone) => {
    expect(toGoneDays("exposed", parseSpan("2026-11-01", "2026-11-02", NOW), NOW, 365, firstDay)).toEqual(gone);
    expect(toGoneDays("collected", parseSpan("2025-01-01", "2026-11-02", NOW), NOW, 365, firstDay)).toEqual(gone);
  });
});
