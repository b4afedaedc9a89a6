import type { Band, BandsBlock, ChartBlock, HeatBlock } from "./blocks.ts";
import { toBarChart } from "./chart.ts";
import type { Piece } from "./flow.ts";
import { HEAT_STEPS, toHeatColour } from "./heat-colour.ts";
import { type Box, drawTagged, type Sheet } from "./sheet.ts";
import { COLOURS, STYLES } from "./theme.ts";
import { toCountWords } from "./words.ts";

const CAPTION_PT = STYLES.caption.leadingPt + 3;
const NAMES_PT = 22;
const SCALE_PT = 7;

/** A chart under its caption; its data are its alternative text. */
export function layChart(block: ChartBlock, widthPt: number): Piece {
  return layFigure(block, widthPt, (sheet, box) => sheet.chart(toBarChart(block.bars, block.scale), box));
}

/** A grid of hours under its caption, with a scale and the busiest hour below. */
export function layHeat(block: HeatBlock, widthPt: number): Piece {
  return layFigure(block, widthPt, (sheet, box) => drawHeat(sheet, block, box));
}

/** Peer bands under their caption, each on a scale of its own from 0. */
export function layBands(block: BandsBlock, widthPt: number): Piece {
  return layFigure(block, widthPt, (sheet, box) => {
    const heightPt = box.heightPt / Math.max(1, block.bands.length);
    for (const [index, band] of block.bands.entries()) {
      drawBand(sheet, band, { ...box, y: box.y + index * heightPt, heightPt });
    }
  });
}

const BAND_LABEL_PT = 120;
const BAND_WORDS_PT = 70;
const BAND_PT = 9;

function drawBand(sheet: Sheet, band: Band, { x, y, widthPt, heightPt }: Box): void {
  const left = x + BAND_LABEL_PT;
  const roomPt = widthPt - BAND_LABEL_PT - BAND_WORDS_PT;
  const most = Math.max(band.upper, band.own) * 1.04 || 1;
  const at = (value: number) => left + (value / most) * roomPt;
  const middle = y + heightPt / 2;
  const textTop = middle - STYLES.cell.leadingPt / 2;
  sheet.text(`${band.label} `, x, textTop, STYLES.cell);
  sheet.rule(left, middle, roomPt, COLOURS.line, 0.7);
  const bandPt = Math.max(1, at(band.upper) - at(band.lower));
  sheet.fill({ x: at(band.lower), y: middle - BAND_PT / 2, widthPt: bandPt, heightPt: BAND_PT }, COLOURS.mark);
  sheet.fill({ x: at(band.median) - 0.8, y: middle - 7, widthPt: 1.6, heightPt: 14 }, COLOURS.ink);
  sheet.triangle(at(band.own) - 5, middle - 15, 10, "down", COLOURS.accent);
  sheet.text(band.words, x, textTop, STYLES.cellStrong, { widthPt, align: "right" });
}

function layFigure(
  block: Pick<ChartBlock, "caption" | "alt" | "heightPt">,
  widthPt: number,
  draw: (sheet: Sheet, box: Box) => void,
): Piece {
  return {
    heightPt: CAPTION_PT + block.heightPt,
    beforePt: 4,
    keepWithNext: false,
    draw(sheet, x, y) {
      drawTagged(sheet, "P", () => sheet.text(block.caption, x, y, STYLES.caption));
      const box = { x, y: y + CAPTION_PT, widthPt, heightPt: block.heightPt };
      const bbox = [box.x, box.y, box.x + widthPt, box.y + block.heightPt] as const;
      drawTagged(sheet, "Figure", () => draw(sheet, box), { alt: block.alt, bbox });
    },
  };
}

function drawHeat(sheet: Sheet, block: HeatBlock, box: Box): void {
  const hours = Math.max(1, ...block.values.map((row) => row.length));
  const footPt = STYLES.tick.leadingPt * 2 + 4;
  const cell = {
    widthPt: (box.widthPt - NAMES_PT) / hours,
    heightPt: (box.heightPt - footPt) / Math.max(1, block.values.length),
  };
  const most = Math.max(0, ...block.values.flat().map((value) => value ?? 0));
  for (const [day, row] of block.values.entries()) {
    const y = box.y + day * cell.heightPt;
    sheet.text(block.rowNames[day] ?? "", box.x, y + (cell.heightPt - STYLES.tick.leadingPt) / 2, STYLES.tick);
    for (const [hour, value] of row.entries()) {
      const x = box.x + NAMES_PT + hour * cell.widthPt;
      const square = { x: x + 0.4, y: y + 0.4, widthPt: cell.widthPt - 0.8, heightPt: cell.heightPt - 0.8 };
      if (value === null) drawHatch(sheet, square);
      else sheet.fill(square, toHeatColour(value, most));
    }
  }
  drawHeatScale(sheet, box.x + box.widthPt, box.y - CAPTION_PT + 2, most);
  drawHeatFoot(sheet, block, box, cell.widthPt, box.y + box.heightPt - footPt + 1);
}

/** A withheld square: lines on white, which no step of the scale has. */
function drawHatch(sheet: Sheet, { x, y, widthPt, heightPt }: Box): void {
  const lines = 4;
  for (let line = 0; line < lines; line++)
    sheet.rule(x, y + ((line + 0.5) * heightPt) / lines, widthPt, COLOURS.grey, 0.6);
}

function drawHeatFoot(sheet: Sheet, block: HeatBlock, box: Box, hourPt: number, top: number): void {
  for (const hour of [0, 6, 12, 18]) {
    const label = `${String(hour).padStart(2, "0")}:00 `;
    sheet.text(label, box.x + NAMES_PT + hour * hourPt, top, STYLES.tick);
  }
  sheet.text(block.note, box.x + NAMES_PT, top + STYLES.tick.leadingPt + 2, STYLES.tick);
}

/** The steps of the scale from none to the most, beside the caption up to the right edge. */
function drawHeatScale(sheet: Sheet, right: number, top: number, most: number): void {
  if (most === 0) return;
  const label = `${toCountWords(most)} `;
  const labelPt = label.length * STYLES.tick.sizePt * 0.5;
  const left = right - labelPt - HEAT_STEPS.length * SCALE_PT;
  sheet.text("0 ", left - 8, top, STYLES.tick);
  for (const [index, colour] of HEAT_STEPS.entries()) {
    sheet.fill({ x: left + index * SCALE_PT, y: top + 1, widthPt: SCALE_PT - 0.8, heightPt: SCALE_PT - 0.8 }, colour);
  }
  sheet.text(label, right - labelPt, top, STYLES.tick, { widthPt: labelPt, align: "right" });
}
