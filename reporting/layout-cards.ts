import type { Card } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { drawTagged, type Sheet } from "./sheet.ts";
import { COLOURS, STYLES, type TextStyle } from "./theme.ts";
import type { Measure } from "./typeset.ts";

const COLUMNS = 4;
const GAP_PT = 8;
const PADDING_PT = { side: 10, top: 8, bottom: 7 } as const;
const TRIANGLE_PT = 5.5;

/** Key figures, four to a line, tagged as a list: name, then number and change. */
export function layCards(cards: readonly Card[], widthPt: number, measure: Measure): Piece[] {
  const cardPt = (widthPt - GAP_PT * (COLUMNS - 1)) / COLUMNS;
  const { cardLabel, cardValue, cardChange } = STYLES;
  const notes = cards.some((card) => card.yearBefore !== undefined) ? 3 : 2;
  const heightPt =
    PADDING_PT.top + cardLabel.leadingPt + cardValue.leadingPt + notes * cardChange.leadingPt + PADDING_PT.bottom;
  const lines = Array.from({ length: Math.ceil(cards.length / COLUMNS) }, (_, index) =>
    cards.slice(index * COLUMNS, (index + 1) * COLUMNS),
  );
  return lines.map((line, index) => ({
    heightPt,
    beforePt: index === 0 ? 2 : GAP_PT,
    keepWithNext: index < lines.length - 1,
    draw(sheet, x, y) {
      if (index === 0) sheet.open("L");
      for (const [at, card] of line.entries()) {
        const left = x + at * (cardPt + GAP_PT);
        sheet.artifact(() => sheet.fill({ x: left, y, widthPt: cardPt, heightPt }, COLOURS.tint, 3));
        drawCard(sheet, card, left + PADDING_PT.side, y + PADDING_PT.top, cardPt - 2 * PADDING_PT.side, measure);
      }
      if (index === lines.length - 1) sheet.close();
    },
  }));
}

function drawCard(sheet: Sheet, card: Card, x: number, y: number, widthPt: number, measure: Measure): void {
  const { cardLabel, cardValue, cardChange } = STYLES;
  const valueTop = y + cardLabel.leadingPt;
  const changeTop = valueTop + cardValue.leadingPt;
  sheet.open("LI");
  drawTagged(sheet, "Lbl", () => sheet.text(card.label, x, y, cardLabel));
  const inset = card.way === "none" ? 0 : TRIANGLE_PT + 3;
  const { way } = card;
  if (way !== "none") {
    const top = changeTop + (cardChange.leadingPt - TRIANGLE_PT) / 2;
    sheet.artifact(() => sheet.triangle(x, top, TRIANGLE_PT, way, COLOURS.accent));
  }
  drawTagged(sheet, "LBody", () => {
    sheet.text(`${card.value} `, x, valueTop, toFitting(card.value, cardValue, widthPt, measure));
    if (card.change !== "") sheet.text(`${card.change} `, x + inset, changeTop, cardChange);
    const beforeTop = changeTop + (card.change === "" ? 0 : cardChange.leadingPt);
    const grey = { ...cardChange, colour: COLOURS.grey };
    const { yearBefore } = card;
    sheet.text(yearBefore === undefined ? card.before : `${card.before} `, x, beforeTop, grey);
    if (yearBefore !== undefined) sheet.text(yearBefore, x, beforeTop + cardChange.leadingPt, grey);
  });
  sheet.close();
}

/** A number is never cut: where it is too wide its type is smaller. */
function toFitting(text: string, style: TextStyle, widthPt: number, measure: Measure): TextStyle {
  return { ...style, sizePt: style.sizePt * Math.min(1, widthPt / measure(text, style)) };
}
