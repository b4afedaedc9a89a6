import type { Column, Row, TableBlock } from "./blocks.ts";
import type { Continuation, Piece } from "./flow.ts";
import { drawLines, drawTagged, type Sheet } from "./sheet.ts";
import { COLOURS, STYLES, type TextStyle } from "./theme.ts";
import { type Measure, toClipped, toLines } from "./typeset.ts";

const CELL_GAP_PT = 6;
const ROW_PADDING_PT = 1.5;
const HEAD_PADDING_PT = 3;
const PART_INSET_PT = 10;

interface Track extends Column {
  readonly x: number;
  readonly innerPt: number;
}

/** A table as one piece a row; a row is never divided, and the head is drawn again where the table goes on. */
export function layTable(block: TableBlock, widthPt: number, measure: Measure): Piece[] {
  const tracks = toTracks(block.columns, widthPt);
  const head = layHead(block, tracks, widthPt);
  const again: Continuation = {
    heightPt: head.heightPt,
    draw: (sheet, x, y) => sheet.artifact(() => drawHead(sheet, tracks, x, y, widthPt)),
  };
  const rows = block.rows.map((row, index) => {
    const piece = layRow(row, block, tracks, widthPt, measure);
    const last = index === block.rows.length - 1;
    return {
      ...piece,
      keepWithNext: index === block.rows.length - 2 && index > 0,
      continuation: again,
      draw(sheet: Sheet, x: number, y: number) {
        piece.draw(sheet, x, y);
        if (last) sheet.close();
      },
    };
  });
  return [head, ...rows];
}

function toTracks(columns: readonly Column[], widthPt: number): Track[] {
  const fixed = columns.reduce((sum, column) => sum + (column.widthPt === "rest" ? 0 : column.widthPt), 0);
  let x = 0;
  return columns.map((column) => {
    const outerPt = column.widthPt === "rest" ? widthPt - fixed : column.widthPt;
    // The gap is on the side that text does not stand on, so columns of one width stand at even distances.
    const track = { ...column, x: column.align === "right" ? x + CELL_GAP_PT : x, innerPt: outerPt - CELL_GAP_PT };
    x += outerPt;
    return track;
  });
}

function layHead(block: TableBlock, tracks: readonly Track[], widthPt: number): Piece {
  return {
    heightPt: STYLES.columnTitle.leadingPt + 2 * HEAD_PADDING_PT,
    beforePt: 0,
    keepWithNext: true,
    draw(sheet, x, y) {
      sheet.open("Table", { title: block.summary });
      sheet.open("TR");
      for (const track of tracks) {
        drawTagged(sheet, "TH", () => drawHeadCell(sheet, track, x, y), { scope: "Column" });
      }
      sheet.close();
      sheet.artifact(() => drawHeadRule(sheet, x, y, widthPt));
    },
  };
}

function drawHead(sheet: Sheet, tracks: readonly Track[], x: number, y: number, widthPt: number): void {
  for (const track of tracks) drawHeadCell(sheet, track, x, y);
  drawHeadRule(sheet, x, y, widthPt);
}

function drawHeadCell(sheet: Sheet, track: Track, x: number, y: number): void {
  const place = { widthPt: track.innerPt, align: track.align };
  sheet.text(track.title, x + track.x, y + HEAD_PADDING_PT, STYLES.columnTitle, place);
}

function drawHeadRule(sheet: Sheet, x: number, y: number, widthPt: number): void {
  sheet.rule(x, y + STYLES.columnTitle.leadingPt + 2 * HEAD_PADDING_PT, widthPt, COLOURS.accent, 0.8);
}

interface LaidCell {
  readonly track: Track;
  readonly lines: readonly string[];
  readonly under: string | undefined;
  readonly style: TextStyle;
  readonly insetPt: number;
}

function toRowStyle(row: Row, isCompact: boolean): TextStyle {
  if (isCompact) return STYLES.cellCompact;
  return row.role === "sum" ? STYLES.cellStrong : row.role === "part" ? STYLES.small : STYLES.cell;
}

function layRow(row: Row, block: TableBlock, tracks: readonly Track[], widthPt: number, measure: Measure): Piece {
  const { linesMax, isCompact = false } = block;
  const style = toRowStyle(row, isCompact);
  const paddingPt = isCompact ? 0.5 : ROW_PADDING_PT;
  const cells = tracks.map((track, index): LaidCell => {
    const cell = row.cells[index] ?? { text: "" };
    const insetPt = row.role === "part" && index === 0 ? PART_INSET_PT : 0;
    const text = () => toLines(cell.text, style, track.innerPt - insetPt, measure, linesMax);
    const lines = track.align === "right" ? [cell.text] : text(); // numbers are neither cut nor broken
    const under = cell.under && toClipped(cell.under, STYLES.cellUnder, track.innerPt, measure);
    return { track, lines, under, style, insetPt };
  });
  const heightPt = Math.max(...cells.map(toCellHeight)) + 2 * paddingPt;
  return {
    heightPt,
    beforePt: 0,
    keepWithNext: false,
    draw(sheet, x, y) {
      sheet.open("TR");
      for (const [index, cell] of cells.entries()) drawCell(sheet, cell, x, y + paddingPt, index === 0);
      sheet.close();
      const [colour, thicknessPt] = row.role === "sum" ? [COLOURS.accent, 0.8] : [COLOURS.hair, 0.5];
      sheet.artifact(() => sheet.rule(x, row.role === "sum" ? y : y + heightPt, widthPt, colour, thicknessPt));
    },
  };
}

function toCellHeight(cell: LaidCell): number {
  return cell.lines.length * cell.style.leadingPt + (cell.under === undefined ? 0 : STYLES.cellUnder.leadingPt);
}

function drawCell(sheet: Sheet, cell: LaidCell, x: number, top: number, header: boolean): void {
  const { track, lines, under, style } = cell;
  const left = x + track.x + cell.insetPt;
  const draw = () => {
    const place = { widthPt: track.innerPt, align: "right" } as const;
    if (track.align === "right") sheet.text(cell.lines.join(" "), left, top, style, place);
    else drawLines(sheet, under === undefined ? lines : lines.map((line) => `${line} `), left, top, style);
    if (under !== undefined) sheet.text(under, left, top + lines.length * style.leadingPt, STYLES.cellUnder);
  };
  drawTagged(sheet, header ? "TH" : "TD", draw, header ? { scope: "Row" } : {});
}
