import type { Block } from "./blocks.ts";
import type { Piece } from "./flow.ts";
import { layCards } from "./layout-cards.ts";
import { layDefinitions } from "./layout-definitions.ts";
import { layBands, layChart, layHeat } from "./layout-figures.ts";
import { layTable } from "./layout-table.ts";
import { layHeading, layMasthead, layNotice, layParagraph } from "./layout-text.ts";
import type { Sheet } from "./sheet.ts";
import type { Measure } from "./typeset.ts";

const GUTTER_PT = 22;

/**
 * Turns blocks into pieces that know their height and how to draw themselves within `widthPt`. A paragraph before a table
 * tells of it, so it stands on the same page.
 *
 * Pure but for `measure`, which must answer the same for the same text.
 */
export function toPieces(blocks: readonly Block[], widthPt: number, measure: Measure): Piece[] {
  const pieces: Piece[] = [];
  let turn = false;
  for (const [index, block] of blocks.entries()) {
    if (block.kind === "new-page") {
      turn = true;
      continue;
    }
    const [first, ...rest] = layBlock(block, widthPt, measure);
    if (first === undefined) continue;
    const keepWithNext = first.keepWithNext || (block.kind === "paragraph" && blocks[index + 1]?.kind === "table");
    pieces.push({ ...first, keepWithNext, ...(turn ? { newPage: true } : {}) }, ...rest);
    turn = false;
  }
  return pieces;
}

function layBlock(block: Exclude<Block, { kind: "new-page" }>, widthPt: number, measure: Measure): Piece[] {
  switch (block.kind) {
    case "masthead":
      return layMasthead(block, widthPt, measure);
    case "heading":
      return [layHeading(block.text)];
    case "paragraph":
      return [layParagraph(block, widthPt, measure)];
    case "notice":
      return [layNotice(block.text, widthPt, measure)];
    case "cards":
      return layCards(block.cards, widthPt, measure);
    case "chart":
      return [layChart(block, widthPt)];
    case "heat":
      return [layHeat(block, widthPt)];
    case "bands":
      return [layBands(block, widthPt)];
    case "table":
      return layTable(block, widthPt, measure);
    case "definitions":
      return layDefinitions(block.items, widthPt, measure);
    case "columns":
      return [layColumns(block, widthPt, measure)];
    default:
      return block satisfies never;
  }
}

/** Two stacks side by side: one piece, read left, right, then the tail under the shorter one. */
function layColumns(block: Extract<Block, { kind: "columns" }>, widthPt: number, measure: Measure): Piece {
  const leftPt = (widthPt - GUTTER_PT) * block.leftShare;
  const rightPt = widthPt - GUTTER_PT - leftPt;
  const left = toPieces(block.left, leftPt, measure);
  const right = toPieces(block.right, rightPt, measure);
  const heights = [toStackHeight(left), toStackHeight(right)] as const;
  const underLeft = heights[0] <= heights[1];
  const tail = toPieces(block.tail ?? [], underLeft ? leftPt : rightPt, measure);
  const tailTop = Math.min(...heights) + (tail[0]?.beforePt ?? 0);
  return {
    heightPt: Math.max(...heights, tail.length === 0 ? 0 : tailTop + toStackHeight(tail)),
    beforePt: Math.max(left[0]?.beforePt ?? 0, right[0]?.beforePt ?? 0),
    keepWithNext: false,
    draw(sheet, x, y) {
      const rightX = x + leftPt + GUTTER_PT;
      drawStack(sheet, left, x, y);
      drawStack(sheet, right, rightX, y);
      drawStack(sheet, tail, underLeft ? x : rightX, y + tailTop);
    },
  };
}

function toStackHeight(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece, index) => sum + piece.heightPt + (index === 0 ? 0 : piece.beforePt), 0);
}

function drawStack(sheet: Sheet, pieces: readonly Piece[], x: number, top: number): void {
  let y = top;
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) y += piece.beforePt;
    piece.draw(sheet, x, y);
    y += piece.heightPt;
  }
}
