import type { Definition } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { drawLines, drawTagged, type Sheet } from "./sheet.ts";
import { STYLES } from "./theme.ts";
import { type Measure, toLines } from "./typeset.ts";

const GUTTER_PT = 22;

/** Words and their meanings in two columns, read line by line; tagged as a list. */
export function layDefinitions(items: readonly Definition[], widthPt: number, measure: Measure): Piece[] {
  const columnPt = (widthPt - GUTTER_PT) / 2;
  const laid = items.map((item) => ({
    term: item.term,
    lines: toLines(`${item.prose} (${item.source})`, STYLES.small, columnPt, measure),
  }));
  const pairs = Array.from({ length: Math.ceil(laid.length / 2) }, (_, index) => laid.slice(index * 2, index * 2 + 2));
  return pairs.map((pair, index) => ({
    heightPt: STYLES.term.leadingPt + Math.max(...pair.map((one) => one.lines.length)) * STYLES.small.leadingPt,
    beforePt: index === 0 ? 0 : 4,
    keepWithNext: index === 0 || index === pairs.length - 2,
    draw(sheet, x, y) {
      if (index === 0) sheet.open("L");
      for (const [at, one] of pair.entries()) drawDefinition(sheet, one, x + at * (columnPt + GUTTER_PT), y);
      if (index === pairs.length - 1) sheet.close();
    },
  }));
}

function drawDefinition(sheet: Sheet, one: { term: string; lines: string[] }, x: number, y: number): void {
  sheet.open("LI");
  drawTagged(sheet, "Lbl", () => sheet.text(one.term, x, y, STYLES.term));
  const top = y + STYLES.term.leadingPt;
  drawTagged(sheet, "LBody", () => drawLines(sheet, one.lines, x, top, STYLES.small));
  sheet.close();
}
