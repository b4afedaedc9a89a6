import { describe, expect, it } from "vitest";
import { toMonthSpan } from "../../../reporting/month.ts";
import type { Month } from "../../../schemas/ids.ts";
import { isZone, toOffsetMs, toZoneOffsets } from "../../../schemas/zone.ts";

const toText = (ms: number) => new Date(ms).toISOString();
const span = (month: string, zone: string) => toMonthSpan(month as Month, zone); // constants that parseMonth would accept

describe("toMonthSpan()", () => {
  it.each([
    ["2026-01", "UTC", "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"],
    ["2026-02", "Europe/London", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"],
    ["2026-03", "Europe/London", "2026-03-01T00:00:00.000Z", "2026-03-31T23:00:00.000Z"],
    ["2026-07", "Europe/London", "2026-06-30T23:00:00.000Z", "2026-07-31T23:00:00.000Z"],
    ["2026-10", "Europe/London", "2026-09-30T23:00:00.000Z", "2026-11-01T00:00:00.000Z"],
    ["2026-11", "America/New_York", "2026-11-01T04:00:00.000Z", "2026-12-01T05:00:00.000Z"],
    ["2026-11", "Asia/Kathmandu", "2026-10-31T18:15:00.000Z", "2026-11-30T18:15:00.000Z"],
    ["2026-11", "Pacific/Kiritimati", "2026-10-31T10:00:00.000Z", "2026-11-30T10:00:00.000Z"],
    ["2026-11", "Pacific/Pago_Pago", "2026-11-01T11:00:00.000Z", "2026-12-01T11:00:00.000Z"],
    ["2026-10", "Australia/Lord_Howe", "2026-09-30T13:30:00.000Z", "2026-10-31T13:00:00.000Z"],
    ["2026-12", "Europe/London", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
    // Clocks jumped from 00:00 to 01:00 on the 1st: the month began an hour late.
    ["2017-10", "America/Asuncion", "2017-10-01T04:00:00.000Z", "2017-11-01T03:00:00.000Z"],
    // Clocks went back from 24:00 to 23:00 on the last day: the month ended an hour late.
    ["2024-10", "Africa/Cairo", "2024-09-30T21:00:00.000Z", "2024-10-31T22:00:00.000Z"],
    // Clocks went back over midnight, one minute into the 1st: the earlier midnight is the border.
    ["2009-11", "America/St_Johns", "2009-11-01T02:30:00.000Z", "2009-12-01T03:30:00.000Z"],
  ])("%s in %s is from %s until %s", (month, zone, begin, end) => {
    const { beginMs, endMs } = span(month, zone);
    expect([toText(beginMs), toText(endMs)]).toEqual([begin, end]);
  });

  it("leaves no gap between months, in any zone that the runtime knows", () => {
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      expect([zone, span("2026-10", zone).endMs]).toEqual([zone, span("2026-11", zone).beginMs]);
    }
  });

  it("knows the days of the month and the weekday of the 1st", () => {
    expect(span("2026-11", "Europe/London")).toMatchObject({
      days: 30,
      firstWeekday: 6,
      firstDay: "2026-11-01",
      lastDay: "2026-11-30",
    });
    expect(span("2028-02", "Asia/Kolkata")).toMatchObject({ days: 29, firstWeekday: 1, lastDay: "2028-02-29" });
  });

  it("refuses a zone that is not known", () => {
    expect(() => span("2026-11", "Europe/Lodon")).toThrow(RangeError);
  });
});

describe("toZoneOffsets()", () => {
  it("finds the change of clocks to the millisecond", () => {
    const { beginMs, endMs } = span("2026-10", "Europe/London");
    expect(toZoneOffsets("Europe/London", beginMs, endMs)).toEqual([
      { fromMs: beginMs, offsetMs: 3_600_000 },
      { fromMs: Date.parse("2026-10-25T01:00:00Z"), offsetMs: 0 },
    ]);
  });

  it("is one offset where clocks do not change", () => {
    const { beginMs, endMs } = span("2026-11", "Asia/Kathmandu");
    expect(toZoneOffsets("Asia/Kathmandu", beginMs, endMs)).toEqual([{ fromMs: beginMs, offsetMs: 20_700_000 }]);
  });
});

describe("toOffsetMs()", () => {
  it("counts the milliseconds of an instant neither way", () => {
    expect(toOffsetMs("America/New_York", Date.parse("2026-07-01T00:00:00.999Z"))).toBe(-14_400_000);
    expect(toOffsetMs("UTC", Date.parse("1969-12-31T23:59:59.001Z"))).toBe(0);
  });
});

describe("isZone()", () => {
  it.each([
    ["Europe/London", true],
    ["UTC", true],
    ["Europe/Lodon", false],
    ["", false],
  ])("%j: %s", (zone, known) => {
    expect(isZone(zone)).toBe(known);
  });
});
