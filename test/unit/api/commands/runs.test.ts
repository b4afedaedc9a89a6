import { describe, expect, it } from "vitest";
import { toRunsText } from "../../../../api/commands/runs.ts";

const aRun = (changes: Partial<Parameters<typeof toRunsText>[0][number]> = {}) => ({
  started: "2026-11-03 00:10:00",
  kind: "delivery",
  subject: "2026-10",
  outcome: "done",
  took_ms: 350,
  detail: '{"sent":3,"refused":0}',
  ...changes,
});
/** The last line of a table of one, its gaps as one space. */
const line = (changes: Parameters<typeof aRun>[0]) =>
  toRunsText([aRun(changes)], "text")
    .trimEnd()
    .split("\n")
    .at(-1)
    ?.replace(/ +/g, " ")
    .trim();

describe("toRunsText()", () => {
  it("has a heading and a line for each, or says that there are none", () => {
    expect(toRunsText([aRun(), aRun()], "text").trimEnd().split("\n").length).toBeGreaterThanOrEqual(3);
    expect(toRunsText([], "text")).toBe("Nothing of that kind has run.\n");
    expect(toRunsText([], "json")).toBe("[]\n");
  });

  it.each([
    [0, "0 ms"],
    [350, "350 ms"],
    [999, "999 ms"],
    [1_000, "1 s"],
    [12_400, "12 s"],
    [119_499, "119 s"],
    [120_000, "2 min"],
    [5_400_000, "90 min"],
  ])("writes %i ms as people read it", (took_ms, words) => {
    expect(line({ took_ms, detail: "{}" })).toBe(`2026-11-03 00:10:00 delivery 2026-10 done ${words}`);
  });

  it.each([
    ["counts and reasons by name", '{"sent":3,"reason":"away","whole":true}', "sent 3, reason away, whole true"],
    ["nothing that is empty or a list", '{"sent":3,"reason":"","tables":[1,2],"scope":{"a":1},"none":null}', "sent 3"],
    ["nothing of what is no object", '"text"', ""],
    ["nothing of what cannot be read", "{half", ""],
    ["nothing of nothing", "", ""],
  ])("shows of the detail %s", (_, detail, words) => {
    expect(line({ detail })).toBe(`2026-11-03 00:10:00 delivery 2026-10 done 350 ms${words === "" ? "" : ` ${words}`}`);
  });

  it("cuts a long detail, and gives it whole as JSON", () => {
    const detail = JSON.stringify({ reason: "long ".repeat(100) });
    expect(line({ detail })?.endsWith("…")).toBe(true);
    expect(JSON.parse(toRunsText([aRun({ detail })], "json"))).toEqual([
      {
        started: "2026-11-03 00:10:00",
        kind: "delivery",
        subject: "2026-10",
        outcome: "done",
        tookMs: 350,
        detail: JSON.parse(detail),
      },
    ]);
  });

  it("gives a detail that is no JSON as it is", () => {
    expect(JSON.parse(toRunsText([aRun({ detail: "{half" })], "json"))).toMatchObject([{ detail: "{half" }]);
  });
});
