import { describe, expect, it } from "vitest";
import { openFonts } from "../../../reporting/fonts.ts";
import { isPlainLine, toDirectionMark, toRunLine } from "../../../reporting/text-runs.ts";
import { STYLES } from "../../../reporting/theme.ts";
import { toLines } from "../../../reporting/typeset.ts";

const RLM = "\u200F";

/** The runs as they stand from left to right, each as it is shaped. */
function toVisual(line: string): string[] {
  const { runs, visual } = toRunLine(line);
  return visual.map((index) => runs[index]?.text ?? "");
}

describe("toRunLine()", () => {
  it.each([
    ["English around Arabic", "Guide: دليل (PDF)", ["Guide: ", "دليل", " (PDF)"]],
    ["words from right to left", `${RLM}דליל ראשון`, ["ראשון", " ", "דליל"]],
    ["brackets turned round", `${RLM}דליל (א)`, ["(", "א", ")", " ", "דליל"]],
    ["a number among Hebrew", `${RLM}חלק 12 סוף`, ["סוף", " ", "12", " ", "חלק"]],
    ["English among Arabic", `${RLM}دليل PDF 2026`, ["PDF 2026", " ", "دليل"]],
    ["Arabic digits in their own order", `${RLM}جزء ٢٣`, ["٢٣", " ", "جزء"]],
    ["Devanagari from left to right", "की पहचान", ["की", " ", "पहचान"]],
  ])("puts %s in the order in which they stand", (_, line, visual) => {
    expect(toVisual(line)).toEqual(visual);
  });

  it("loses no character and reads in the order of the text", () => {
    for (const text of [
      "Guide: دليل 2026 (PDF) for staff",
      "מדריך (מהדורה 2) עם משפחות",
      "दुर्व्यवहार की पहचान",
      "שלום, world: عالم!",
    ]) {
      expect(
        toRunLine(text)
          .runs.map((run) => run.read)
          .join(""),
      ).toBe(text);
      expect(toRunLine(text).visual.toSorted((a, b) => a - b)).toEqual(toRunLine(text).runs.map((_, index) => index));
    }
  });

  it("leaves a line without such letters alone", () => {
    for (const text of ["Neglect: a guide", "Руководство", "Οδηγός", "Tiếng Việt"])
      expect(isPlainLine(text)).toBe(true);
  });
});

describe("toDirectionMark()", () => {
  it.each([
    ["Guide", ""],
    ["Guide: دليل", "\u200E"],
    ["دليل PDF", RLM],
    ["(مدخل)", RLM],
  ])("of %s", (paragraph, mark) => {
    expect(toDirectionMark(paragraph)).toBe(mark);
  });
});

describe("lines of scripts from right to left", () => {
  const { measure, runs } = openFonts();

  it("run the paragraph's way on every line, also where one begins with a number", () => {
    const lines = toLines("دليل الممارسة المهنية 2026 للعاملين مع الأسر", STYLES.body, 60, measure);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) {
      expect(line.startsWith(RLM)).toBe(true);
      expect(measure(line, STYLES.body)).toBeLessThanOrEqual(60);
    }
  });

  it("place the first word at the right, and draw it first so that it is copied first", () => {
    const placed = runs(`${RLM}دليل الممارسة`, STYLES.body);
    expect(placed[0]?.text).toBe("دليل");
    expect(placed[0]?.xPt).toBeGreaterThan(placed.at(-1)?.xPt ?? Number.POSITIVE_INFINITY);
  });

  it("are as wide as their runs", () => {
    const line = `${RLM}דליל (א) 12`;
    const placed = runs(line, STYLES.body);
    const ends = placed.map((run) => run.xPt + measure(run.text, STYLES.body));
    expect(Math.max(...ends)).toBeCloseTo(measure(line, STYLES.body), 3);
  });
});
