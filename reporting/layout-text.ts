import type { Block } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { type Logo, toFittedSize } from "./logo.ts";
import { type Box, drawLines, drawTagged, type Sheet } from "./sheet.ts";
import { COLOURS, STYLES } from "./theme.ts";
import { type Measure, toLines } from "./typeset.ts";

const TITLE_LINES_MAX = 3;
const NOTICE_PADDING_PT = 6;

type Masthead = Extract<Block, { kind: "masthead" }>;

const HOUSE_LOGO_PT = { width: 150, height: 30 } as const;
const PARTNER_LOGO_PT = { width: 120, height: 48 } as const;
const LOGO_GAP_PT = 20;

/**
 * The head of the first page: wordmark or logo of the house and edition on one line, then kicker, title and month as the
 * one H1, beside the Partner's logo if there is one.
 */
export function layMasthead(block: Masthead, widthPt: number, measure: Measure): Piece[] {
  const { wordmark, kicker, month, facts } = STYLES;
  const { house, partner } = block.logos;
  const topPt = house === undefined ? wordmark.leadingPt : HOUSE_LOGO_PT.height;
  const titlePt = partner === undefined ? widthPt : widthPt - PARTNER_LOGO_PT.width - LOGO_GAP_PT;
  const title = toLines(block.title, STYLES.title, titlePt, measure, TITLE_LINES_MAX);
  const under = toLines(block.facts, facts, widthPt, measure);
  const titleTop = topPt + 20 + kicker.leadingPt + 2;
  const monthTop = titleTop + title.length * STYLES.title.leadingPt + 1;
  const factsTop = monthTop + month.leadingPt + 6;
  const draw = (sheet: Sheet, x: number, y: number) => {
    if (house === undefined) drawTagged(sheet, "P", () => sheet.text("Roebuck", x, y, wordmark));
    else
      drawLogo(sheet, house.logo, { x, y, widthPt: HOUSE_LOGO_PT.width, heightPt: HOUSE_LOGO_PT.height }, house.name);
    const place = { widthPt, align: "right" } as const;
    const editionTop = y + topPt - wordmark.leadingPt;
    drawTagged(sheet, "P", () => sheet.text(block.edition, x, editionTop, STYLES.edition, place));
    sheet.artifact(() => sheet.rule(x, y + topPt + 5, widthPt, COLOURS.accent, 1.2));
    sheet.bookmark(`${block.kicker}: ${block.month}`, y);
    sheet.open("H1");
    sheet.content(() => {
      sheet.text(`${block.kicker} `, x, y + topPt + 20, kicker);
      drawLines(sheet, [...title.slice(0, -1), `${title.at(-1) ?? ""} `], x, y + titleTop, STYLES.title);
      sheet.text(block.month, x, y + monthTop, month);
    });
    sheet.close();
    if (partner !== undefined) {
      const { width, height } = toFittedSize(partner, PARTNER_LOGO_PT.width, PARTNER_LOGO_PT.height);
      const box = { x: x + widthPt - width, y: y + topPt + 20, widthPt: width, heightPt: height };
      drawLogo(sheet, partner, box, `Logo of ${block.title}`);
    }
    drawTagged(sheet, "P", () => drawLines(sheet, under, x, y + factsTop, facts));
  };
  return [{ heightPt: factsTop + under.length * facts.leadingPt, beforePt: 0, keepWithNext: true, draw }];
}

/** An image as large as its box lets it be, at its left upper corner; `alt` is read out for it. */
function drawLogo(sheet: Sheet, logo: Logo, room: Box, alt: string): void {
  const { width, height } = toFittedSize(logo, room.widthPt, room.heightPt);
  const { x, y } = room;
  const draw = () => sheet.image(logo, { x, y, widthPt: width, heightPt: height });
  drawTagged(sheet, "Figure", draw, { alt, bbox: [x, y, x + width, y + height] });
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
