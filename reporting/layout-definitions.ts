import type { Definition } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { drawLines, drawTagged, type Sheet } from "./sheet.ts";
import { STYLES } from "./theme.ts";
import { type Measure, toIndentedLines } from "./typeset.ts";

const GUTTER_PT = 22;

/** Words and their meanings in two columns, read line by line; tagged as a list. */
export function layDefinitions(items: readonly Definition[], widthPt: number, measure: Measure): Piece[] {
  const columnPt = (widthPt - GUTTER_PT) / 2;
  const laid = items.map((item) => layDefinition(item, columnPt, measure));
  const pairs = Array.from({ length: Math.ceil(laid.length / 2) }, (_, index) => laid.slice(index * 2, index * 2 + 2));
  return pairs.map((pair, index) => ({
    heightPt: Math.max(...pair.map((one) => one.lines.length)) * STYLES.small.leadingPt,
    beforePt: index === 0 ? 0 : 4,
    // All on one page: a few left-over lines would have a page of their own.
    keepWithNext: index < pairs.length - 1,
    draw(sheet, x, y) {
      if (index === 0) sheet.open("L");
      for (const [at, one] of pair.entries()) drawDefinition(sheet, one, x + at * (columnPt + GUTTER_PT), y);
      if (index === pairs.length - 1) sheet.close();
    },
  }));
}

interface LaidDefinition {
  readonly term: string;
  readonly indentPt: number;
  readonly lines: readonly string[];
}

function layDefinition({ term, prose, source }: Definition, columnPt: number, measure: Measure): LaidDefinition {
  const indentPt = measure(`${term}  `, STYLES.term);
  const text = `${prose} [${source}]`;
  return { term, indentPt, lines: toIndentedLines(text, STYLES.small, columnPt, indentPt, measure) };
}

function drawDefinition(sheet: Sheet, { term, indentPt, lines }: LaidDefinition, x: number, y: number): void {
  const [first = "", ...rest] = lines;
  sheet.open("LI");
  drawTagged(sheet, "Lbl", () => sheet.text(`${term} `, x, y, STYLES.term));
  drawTagged(sheet, "LBody", () => {
    sheet.text(`${first} `, x + indentPt, y, STYLES.small);
    drawLines(sheet, rest, x, y + STYLES.small.leadingPt, STYLES.small);
  });
  sheet.close();
}
