import type { Sheet } from "./sheet.ts";

/** What is drawn again at the top of a page on which a table goes on. */
export interface Continuation {
  readonly heightPt: number;
  draw(sheet: Sheet, x: number, y: number): void;
}

/** A part of a document that is not divided between pages. */
export interface Piece {
  readonly heightPt: number;
  /** Room above, left out at the top of a page. */
  readonly beforePt: number;
  /** Stands on the page of the piece after it: headings, table heads, the last row but one. */
  readonly keepWithNext: boolean;
  /** Starts a page, unless less than half of the one before is filled. */
  readonly newPage?: boolean;
  readonly continuation?: Continuation;
  draw(sheet: Sheet, x: number, y: number): void;
}

/** A piece with its place on a page, `y` in points from the top of the text area. */
export interface Placed {
  readonly y: number;
  readonly piece: Pick<Piece, "draw">;
}

/**
 * Puts pieces on pages of `areaHeightPt`, in order.
 *
 * Pieces that keep with the next one move together; a piece that goes on from the page before gets its
 * continuation above it. A group higher than a page starts on a page of its own and is divided between its pieces.
 */
export function toPages(pieces: readonly Piece[], areaHeightPt: number): Placed[][] {
  const pages: Placed[][] = [[]];
  let y = 0;
  const turn = (piece: Piece) => {
    pages.push([]);
    y = 0;
    if (piece.continuation === undefined) return;
    pages.at(-1)?.push({ y, piece: piece.continuation });
    y += piece.continuation.heightPt;
  };
  for (const [index, piece] of pieces.entries()) {
    const fresh = pages.at(-1)?.length === 0;
    const startsGroup = index === 0 || pieces[index - 1]?.keepWithNext !== true;
    const needed = startsGroup ? toGroupHeight(pieces, index, areaHeightPt) : piece.heightPt;
    const before = fresh ? 0 : piece.beforePt;
    const wanted = piece.newPage === true && y > areaHeightPt / 2;
    if (!fresh && (wanted || y + before + needed > areaHeightPt)) turn(piece);
    else y += before;
    pages.at(-1)?.push({ y, piece });
    y += piece.heightPt;
  }
  return pages;
}

function toGroupHeight(pieces: readonly Piece[], from: number, areaHeightPt: number): number {
  let height = 0;
  for (let index = from; index < pieces.length; index++) {
    const piece = pieces[index];
    if (piece === undefined) break;
    height += piece.heightPt + (index === from ? 0 : piece.beforePt);
    if (!piece.keepWithNext) break;
  }
  return height > areaHeightPt ? (pieces[from]?.heightPt ?? 0) : height;
}
