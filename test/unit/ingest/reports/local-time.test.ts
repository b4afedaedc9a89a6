import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeReader, type TimeRules } from "../../../../ingest/reports/local-time.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";
import { toInstantMs } from "../../../../schemas/zone.ts";

const RULES: TimeRules = { zone: "Europe/London", nowMs: toEpochMs(Date.UTC(2026, 10, 25)) };
const read = (text: string, rules: Partial<TimeRules> = {}, samples: readonly string[] = [text]) => {
  const reader = createTimeReader(samples, { ...RULES, ...rules });
  if ("problem" in reader) return reader;
  const ms = reader(text);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe("createTimeReader()", () => {
  const MORNING = { nowMs: toEpochMs(Date.UTC(2026, 10, 25, 9, 30)) };
  it.each([
    ["the date of today for now, while it is morning", "2026-11-25", "Europe/London", "2026-11-25T09:30:00.000Z"],
    ["the date of yesterday for noon", "2026-11-24", "Europe/London", "2026-11-24T12:00:00.000Z"],
    [
      "the date of a day that has not begun in the zone for noon",
      "2026-11-25",
      "Pacific/Honolulu",
      "2026-11-25T22:00:00.000Z",
    ],
    [
      "the date of a day that is past noon in the zone for noon",
      "2026-11-25",
      "Asia/Tokyo",
      "2026-11-25T03:00:00.000Z",
    ],
    ["a time of today as it is", "2026-11-25 11:00", "Europe/London", "2026-11-25T11:00:00.000Z"],
  ])("takes %s", (_, text, zone, instant) => {
    expect(read(text, { ...MORNING, zone })).toBe(instant);
  });

  it.each([
    ["9/22/26, 2:48:05 PM", "2026-09-22T13:48:05.000Z"],
    ["9/22/26, 2:48:05\u202fPM", "2026-09-22T13:48:05.000Z"],
    ["9/22/2026 12:00:00 AM", "2026-09-21T23:00:00.000Z"],
    ["9/22/2026 12:00 pm", "2026-09-22T11:00:00.000Z"],
    ["22/09/2026, 14:48:05", "2026-09-22T13:48:05.000Z"],
    ["22.09.26, 14:48", "2026-09-22T13:48:00.000Z"],
    ["22-09-2026 14:48:05", "2026-09-22T13:48:05.000Z"],
    ["2026-09-22 14:48:05", "2026-09-22T13:48:05.000Z"],
    ["2026/9/22 14:48", "2026-09-22T13:48:00.000Z"],
    ["2026-09-22T14:48:05.123Z", "2026-09-22T14:48:05.000Z"],
    ["2026-09-22T14:48:05+02:00", "2026-09-22T12:48:05.000Z"],
    ["Mar 22, 2026 19:13:27", "2026-03-22T19:13:27.000Z"],
    ["Sept 22, 2026 7:13 PM", "2026-09-22T18:13:00.000Z"],
    ["22 September 2026 19:13", "2026-09-22T18:13:00.000Z"],
    ["2026-09-22", "2026-09-22T11:00:00.000Z"],
    ["22/09/2026", "2026-09-22T11:00:00.000Z"],
  ])("reads %s", (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each([
    "",
    "yesterday",
    "2026-02-30 10:00",
    "31/31/2026 10:00",
    "9/22/26, 13:00:00 PM",
    "22/9/26 25:00",
    "14:48",
    "1/22/1997",
  ])("says that %s is no time", (text) => {
    expect(read(text, {}, [])).toBeUndefined();
  });

  it("takes what names no zone for the time of the zone", () => {
    expect(read("2026-01-22 10:00", { zone: "America/New_York" })).toBe("2026-01-22T15:00:00.000Z");
    expect(read("2026-01-22 10:00Z", { zone: "America/New_York" })).toBe("2026-01-22T10:00:00.000Z");
  });

  it("takes an hour that the clocks jump over for the jump, and one that they show twice for the first", () => {
    expect(read("2026-03-29 01:30")).toBe("2026-03-29T01:00:00.000Z");
    expect(read("2026-10-25 01:30")).toBe("2026-10-25T00:30:00.000Z");
  });

  it.each<[string, readonly string[], Partial<TimeRules>, string]>([
    ["another date of the file", ["9/10/26, 2:00 PM", "9/13/26, 1:00 AM"], {}, "2026-09-10"],
    ["another date of the file, day first", ["9/10/26, 14:00", "13/10/26, 01:00"], {}, "2026-10-09"],
    ["that it cannot lie in the future", ["9/12/26, 14:00"], {}, "2026-09-12"],
    ["the day that the user named", ["9/10/26, 14:00"], { date: "2026-10-09" }, "2026-10-09"],
    ["the order that the user named", ["9/10/26, 14:00"], { order: "mdy" }, "2026-09-10"],
    ["nothing, where the year stands first, if it is of the future, too", ["2031-09-10 14:00"], {}, "2031-09-10"],
    ["that there is no 13th month, if it is of the future, too", ["13/10/2031 14:00"], {}, "2031-10-13"],
    ["nothing, where both are the same day", ["9/9/26, 14:00"], {}, "2026-09-09"],
  ])("knows the order of day and month by %s", (_, samples, rules, day) => {
    expect(String(read(samples[0] ?? "", rules, samples)).slice(0, 10)).toBe(day);
  });

  it("reads all times of a day when the clocks change as a look-up of each would", () => {
    const walls = Array.from({ length: 72 * 4 }, (_, quarter) => Date.UTC(2026, 9, 24) + quarter * 900_000);
    const texts = walls.map((ms) => new Date(ms).toISOString().slice(0, 19));
    const reader = createTimeReader(texts, RULES);
    if ("problem" in reader) throw new Error(reader.problem);
    expect(texts.map(reader)).toEqual(walls.map((ms) => toInstantMs("Europe/London", ms)));
  });

  it("asks rather than guesses where a date may be two, and says which", () => {
    const problem = expect.stringMatching(/"9\/10\/26, 14:00" may be two dates.*--dates/);
    expect(read("9/10/26, 14:00")).toEqual({ problem });
    expect(read("9/10/26, 14:00", { date: "2026-10-09" })).not.toEqual({ problem });
  });

  it("says so where no order makes sense of all dates", () => {
    expect(read("", {}, ["13/9/26 10:00", "9/13/26 10:00"])).toEqual({
      problem: expect.stringContaining("no possible date"),
    });
    expect(read("", { date: "2026-01-01" }, ["13/9/26 10:00"])).toEqual({ problem: expect.any(String) });
  });

  it("reads what each way of writing makes of any time of the last years", () => {
    const ways: readonly ((d: Date) => string)[] = [
      (d) => d.toLocaleString("en-US", { timeZone: "UTC" }),
      (d) => d.toLocaleString("en-GB", { timeZone: "UTC" }),
      (d) => d.toLocaleString("de-DE", { timeZone: "UTC" }),
      (d) => d.toLocaleString("sv-SE", { timeZone: "UTC" }),
      (d) => d.toISOString(),
    ];
    const instants = fc.integer({ min: Date.UTC(2024, 0, 1) / 1_000, max: Date.UTC(2026, 10, 24) / 1_000 });
    fc.assert(
      fc.property(instants, fc.constantFrom(...ways.keys()), (seconds, way) => {
        const text = ways[way]?.(new Date(seconds * 1_000)) ?? "";
        expect(read(text, { zone: "UTC", order: way === 0 ? "mdy" : "dmy" })).toBe(
          new Date(seconds * 1_000).toISOString(),
        );
      }),
    );
  });

  it("never throws, whatever the text is", () => {
    fc.assert(fc.property(fc.string(), fc.array(fc.string()), (text, samples) => void read(text, {}, samples)));
  });
});
