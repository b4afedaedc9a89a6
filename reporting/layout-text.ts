import type { Block } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { drawLines, drawTagged, type Sheet } from "./sheet.ts";
import { COLOURS, STYLES } from "./theme.ts";
import { type Measure, toLines } from "./typeset.ts";

const TITLE_LINES_MAX = 3;
const NOTICE_PADDING_PT = 6;

type Masthead = Extract<Block, { kind: "masthead" }>;

/** The head of the first page: wordmark and edition on one line, then kicker, title and month as the one H1. */
export function layMasthead(block: Masthead, widthPt: number, measure: Measure): Piece[] {
  const { wordmark, kicker, month, facts } = STYLES;
  const title = toLines(block.title, STYLES.title, widthPt, measure, TITLE_LINES_MAX);
  const under = toLines(block.facts, facts, widthPt, measure);
  const titleTop = wordmark.leadingPt + 20 + kicker.leadingPt + 2;
  const monthTop = titleTop + title.length * STYLES.title.leadingPt + 1;
  const factsTop = monthTop + month.leadingPt + 6;
  const draw = (sheet: Sheet, x: number, y: number) => {
    drawTagged(sheet, "P", () => sheet.text("Roebuck", x, y, wordmark));
    const place = { widthPt, align: "right" } as const;
    drawTagged(sheet, "P", () => sheet.text(block.edition, x, y, STYLES.edition, place));
    sheet.artifact(() => sheet.rule(x, y + wordmark.leadingPt + 5, widthPt, COLOURS.accent, 1.2));
    sheet.bookmark(`${block.kicker}: ${block.month}`, y);
    sheet.open("H1");
    sheet.content(() => {
      sheet.text(`${block.kicker} `, x, y + wordmark.leadingPt + 20, kicker);
      drawLines(sheet, [...title.slice(0, -1), `${title.at(-1) ?? ""} `], x, y + titleTop, STYLES.title);
      sheet.text(block.month, x, y + monthTop, month);
    });
    sheet.close();
    drawTagged(sheet, "P", () => drawLines(sheet, under, x, y + factsTop, facts));
  };
  return [{ heightPt: factsTop + under.length * facts.leadingPt, beforePt: 0, keepWithNext: true, draw }];
}

/** A heading of the second level, also a bookmark; never left alone at the foot of a page. */
export function layHeading(text: string): Piece {
  const style = STYLES.heading;
  return {
    heightPt: style.leadingPt + 4,
    beforePt: 13,
    keepWithNext: true,
    draw(sheet, x, y) {
      sheet.bookmark(text, y);
      drawTagged(sheet, "H2", () => sheet.text(text, x, y, style));
    },
  };
}

/** A paragraph in one of three sizes. */
export function layParagraph(block: Extract<Block, { kind: "paragraph" }>, widthPt: number, measure: Measure): Piece {
  const style = STYLES[block.tone];
  const lines = toLines(block.text, style, widthPt, measure);
  return {
    heightPt: lines.length * style.leadingPt,
    beforePt: block.tone === "lead" ? 13 : 3.5,
    keepWithNext: false,
    draw: (sheet, x, y) => drawTagged(sheet, "P", () => drawLines(sheet, lines, x, y, style)),
  };
}

/** A paragraph on a tint, for what must not be overlooked. */
export function layNotice(text: string, widthPt: number, measure: Measure): Piece {
  const style = STYLES.body;
  const lines = toLines(text, style, widthPt - 2 * NOTICE_PADDING_PT - 4, measure);
  const heightPt = lines.length * style.leadingPt + 2 * NOTICE_PADDING_PT;
  return {
    heightPt,
    beforePt: 12,
    keepWithNext: false,
    draw(sheet, x, y) {
      sheet.artifact(() => {
        sheet.fill({ x, y, widthPt, heightPt }, COLOURS.tint);
        sheet.fill({ x, y, widthPt: 2.5, heightPt }, COLOURS.accent);
      });
      const inset = NOTICE_PADDING_PT + 4;
      drawTagged(sheet, "P", () => drawLines(sheet, lines, x + inset, y + NOTICE_PADDING_PT, style));
    },
  };
}
