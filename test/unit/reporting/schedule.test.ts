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
    ["never closes if the day is 0", "2026-11-20T00:00:00Z", 0, [], []],
  ])("%s", (_, now, day, closed, due) => {
    expect(planCloses(at(now), day, months(...closed))).toEqual(due);
  });
});
