import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MARK_CONTRAST_MIN, TEXT_CONTRAST_MIN, toContrast, toMixed } from "../../../reporting/contrast.ts";
import { ROEBUCK_PALETTE, toPalette } from "../../../reporting/palette.ts";
import { COLOURS, STYLES } from "../../../reporting/theme.ts";

describe("toContrast()", () => {
  it.each([
    ["#000000", "#ffffff", 21],
    ["#ffffff", "#ffffff", 1],
    ["#777777", "#ffffff", 4.48],
    ["#0000ff", "#ffffff", 8.59],
  ])("of %s on %s is %d", (one, other, ratio) => {
    expect(toContrast(one, other)).toBeCloseTo(ratio, 2);
    expect(toContrast(other, one)).toBeCloseTo(ratio, 2);
  });

  it.each(["red", "#fff", "#12345g", ""])("refuses %j, which is no colour of six digits", (colour) => {
    expect(() => toContrast(colour, "#ffffff")).toThrow(`Cannot use the colour "${colour}"`);
  });
});

describe("the colours of a record", () => {
  it.each(Object.entries(STYLES))("give text in the style %s 4.5:1 on paper and on tint", (_, { colour }) => {
    for (const ground of [COLOURS.white, COLOURS.tint])
      expect(toContrast(colour, ground)).toBeGreaterThanOrEqual(TEXT_CONTRAST_MIN);
  });

  it("give marks 3:1 on paper", () => {
    for (const mark of [COLOURS.accent, COLOURS.mark, COLOURS.ink])
      expect(toContrast(mark, COLOURS.white)).toBeGreaterThanOrEqual(MARK_CONTRAST_MIN);
  });
});

describe("toPalette()", () => {
  it("is Roebuck's own for Roebuck's own colour", () => {
    expect(toPalette("#0B4F5C")).toBe(ROEBUCK_PALETTE);
  });

  it("takes a colour only if text in it can be read, and then all that is made of it can be seen", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
        const colour = `#${number.toString(16).padStart(6, "0")}`;
        const least = Math.min(toContrast(colour, COLOURS.white), toContrast(colour, COLOURS.tint));
        if (least < TEXT_CONTRAST_MIN) {
          expect(() => toPalette(colour)).toThrow(/contrast on the tint of the page is \d+\.\d\d:1/);
          return;
        }
        const { colours, heat } = toPalette(colour);
        expect(colours.accent).toBe(colour);
        expect(toContrast(colours.mark, COLOURS.white)).toBeGreaterThanOrEqual(MARK_CONTRAST_MIN);
        const ratios = heat.map((step) => toContrast(step, COLOURS.white));
        expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
        expect(colours.ink).toBe(COLOURS.ink);
      }),
    );
  });

  it("names the value and the ratio that is too little", () => {
    expect(() => toPalette("#FF6600")).toThrow(
      'Cannot use the colour "#FF6600": its contrast on the tint of the page is 2.67:1, and headings need at least 4.5:1',
    );
  });

  it("mixes channel by channel", () => {
    expect([0, 0.5, 1].map((share) => toMixed("#000000", "#ff8000", share))).toEqual(["#000000", "#804000", "#ff8000"]);
  });
});
