import { describe, expect, it } from "vitest";
import { planCloses } from "../../../reporting/schedule.ts";
import { type Month, toEpochMs } from "../../../schemas/ids.ts";

const at = (text: string) => toEpochMs(Date.parse(text));
const months = (...list: string[]) => list as Month[]; // literals of the right form

describe("planCloses()", () => {
  it.each([
    ["closes the last month from the close day on", "2026-11-03T00:00:00Z", 3, [], ["2026-10"]],
    ["still waits for late events the day before", "2026-11-02T23:59:59Z", 3, ["2026-09"], []],
    ["has nothing to do once the month is closed", "2026-11-20T00:00:00Z", 3, ["2026-10"], []],
    [
      "makes up for months that were missed while it was down",
      "2026-11-20T00:00:00Z",
      3,
      ["2026-07"],
      ["2026-08", "2026-09", "2026-10"],
    ],
    ["looks over the turn of a year", "2027-01-05T00:00:00Z", 3, ["2026-11"], ["2026-12"]],
    [
      "is not misled by a month that an operator closed early",
      "2026-11-20T00:00:00Z",
      3,
      ["2026-09", "2026-11"],
      ["2026-10"],
    ],
    [
      "closes on the 1st at noon, when the month is over in every zone",
      "2026-11-01T12:00:00Z",
      1,
      ["2026-09"],
      ["2026-10"],
    ],
    ["waits for noon on the 1st", "2026-11-01T11:59:59Z", 1, ["2026-09"], []],
    ["waits for no noon on the 2nd", "2026-11-02T00:00:00Z", 2, ["2026-09"], ["2026-10"]],
    ["closes on the 28th, which every month has", "2027-02-28T00:00:00Z", 28, ["2026-12"], ["2027-01"]],
    ["still waits on the 27th of February", "2027-02-27T23:59:59Z", 28, ["2026-12"], []],
    ["closes a February of 28 days", "2027-03-03T00:00:00Z", 3, ["2027-01"], ["2027-02"]],
    ["closes a February of 29 days", "2028-03-03T00:00:00Z", 3, ["2028-01"], ["2028-02"]],
    [
      "makes up for two months, and not for the one that is not due yet",
      "2026-12-02T12:00:00Z",
      3,
      ["2026-08"],
      ["2026-09", "2026-10"],
    ],
    [
      "goes back a year at most",
      "2028-01-05T00:00:00Z",
      3,
      ["2025-01"],
      [
        "2027-01",
        "2027-02",
        "2027-03",
        "2027-04",
        "2027-05",
        "2027-06",
        "2027-07",
        "2027-08",
        "2027-09",
        "2027-10",
        "2027-11",
        "2027-12",
      ],
    ],
    ["closes one month only if none was closed before", "2026-11-01T00:00:00Z", 3, [], ["2026-09"]],
    ["never closes if the day is 0", "2026-11-20T00:00:00Z", 0, [], []],
  ])("%s", (_, now, day, closed, due) => {
    expect(planCloses(at(now), day, months(...closed))).toEqual(due);
  });
});
