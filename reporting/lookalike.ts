import type { Cell, Relation, Row } from "./relations.ts";

/** Changes tried in one search. More would only find what takes a long chain of changes. */
const TRIES_MAX = 40;

/** Searches from one cell: which relation is mended first, and in which order of its cells, where nothing else tells. */
const WAYS = [
  { by: 1, isLastFirst: true, isReversed: false },
  { by: -1, isLastFirst: true, isReversed: false },
  { by: 1, isLastFirst: false, isReversed: true },
  { by: -1, isLastFirst: false, isReversed: true },
  { by: 1, isLastFirst: true, isReversed: true },
  { by: -1, isLastFirst: true, isReversed: true },
] as const;

interface Search {
  readonly isFree: (row: Row) => boolean;
  readonly order: ((one: Row, other: Row) => number) | undefined;
  readonly moved: Cell[];
  readonly touched: Relation[];
  readonly mended: Set<Relation>;
  readonly isLastFirst: boolean;
  readonly isReversed: boolean;
  tries: number;
}

interface Mend {
  readonly cell: Cell;
  readonly by: number;
  readonly breaks: number;
}

/** A record that shows the same and differs in what it withholds. */
export interface Lookalike {
  /** Cells that differ; empty if no such record was found. */
  readonly cells: readonly Cell[];
  /** What would have had to be mended. */
  readonly mended: ReadonlySet<Relation>;
  /** The search was broken off: there may be such a record all the same. */
  readonly isUnsure: boolean;
}

/** Rows that stood in the way: if one of them were withheld too, there might be such a record. */
export function toBlocked({ mended }: Lookalike, isFree: (row: Row) => boolean): ReadonlySet<Row> {
  return new Set([...mended].flatMap(({ parts }) => parts.flatMap(({ cell: { row } }) => (isFree(row) ? [] : [row]))));
}

/**
 * Looks for a record that shows the same numbers, keeps to all relations and has another number in `start`. If there
 * is one, nobody can work out `start` from what is shown, nor any other cell in which the two differ.
 *
 * It changes the cell by one and mends each relation that this breaks by changing a cell that is free, step by step,
 * going back where that leads nowhere. What it finds is a proof; that it finds nothing is none, but then more is
 * withheld than need be, never less.
 *
 * @param isFree rows whose numbers nobody sees
 * @param order rows to be changed rather than others, where as little else breaks
 */
export function findLookalike(
  start: Cell,
  isFree: (row: Row) => boolean,
  order?: (one: Row, other: Row) => number,
): Lookalike {
  const mended = new Set<Relation>();
  let isUnsure = false;
  for (const { by, ...way } of WAYS) {
    const search: Search = { isFree, order, moved: [], touched: [], mended, ...way, tries: TRIES_MAX };
    const isFound = isWithin(start, by) && tryMove(search, start, by);
    const cells = isFound ? [...search.moved] : [];
    for (const cell of [...search.moved].reverse()) undo(search, cell);
    if (isFound) return { cells, mended, isUnsure: false };
    isUnsure ||= search.tries <= 0;
    // Both directions were tried to the end.
    if (by === -1 && !isUnsure) break;
  }
  return { cells: [], mended, isUnsure };
}

function tryMove(search: Search, cell: Cell, by: number): boolean {
  move(search, cell, by);
  if (isMended(search)) return true;
  undo(search, cell);
  return false;
}

function isMended(search: Search): boolean {
  const broken = search.isLastFirst ? search.touched.findLast(isBroken) : search.touched.find(isBroken);
  if (broken === undefined) return true;
  search.mended.add(broken);
  for (const { cell, by } of toMends(search, broken)) {
    if (search.tries-- <= 0) return false;
    if (tryMove(search, cell, by)) return true;
  }
  return false;
}

/** Changes of one cell that mend the relation, those first that break the fewest others. */
function toMends({ isFree, order, isReversed }: Search, broken: Relation): readonly Mend[] {
  const mends: Mend[] = [];
  for (const { cell, sign } of broken.parts) {
    if (cell.moved !== 0 || !isFree(cell.row)) continue;
    // An inequality is mended to its bound, not beyond.
    const by = -sign * (broken.moved + (broken.isEqual ? 0 : broken.slack));
    if (isWithin(cell, by)) mends.push({ cell, by, breaks: toBreaks(cell, by) });
  }
  if (isReversed) mends.reverse();
  return mends.sort((one, other) => one.breaks - other.breaks || (order?.(one.cell.row, other.cell.row) ?? 0));
}

/** How many relations are broken when the cell has changed, less those that are broken now. */
function toBreaks(cell: Cell, by: number): number {
  let breaks = 0;
  for (const { relation, sign } of cell.terms) {
    if (isBroken(relation)) breaks--;
    if (isBrokenAt(relation, relation.moved + sign * by)) breaks++;
  }
  return breaks;
}

function isBroken(relation: Relation): boolean {
  return isBrokenAt(relation, relation.moved);
}

function isBrokenAt({ slack, isEqual }: Relation, moved: number): boolean {
  return isEqual ? moved !== 0 : moved + slack < 0;
}

function isWithin({ up, down }: Cell, by: number): boolean {
  return by <= up && -by <= down;
}

function move({ moved, touched }: Search, cell: Cell, by: number): void {
  cell.moved = by;
  moved.push(cell);
  for (const { relation, sign } of cell.terms) {
    relation.moved += sign * by;
    touched.push(relation);
  }
}

function undo({ moved, touched }: Search, cell: Cell): void {
  for (const { relation, sign } of cell.terms) relation.moved -= sign * cell.moved;
  touched.length -= cell.terms.length;
  cell.moved = 0;
  moved.pop();
}
