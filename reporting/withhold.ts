import { findLookalike } from "./lookalike.ts";
import type { Cell, Row } from "./relations.ts";

/** Rows tried as the one that is enough, from the one with the fewest people. */
const CANDIDATES_MAX = 8;

/**
 * Withholds rows until nothing that is withheld can be worked out: first those that describe fewer than `peopleMin`
 * people (and those that are withheld already), then, for each withheld number of which there is no record that looks
 * the same with another number, the row with the fewest people that makes one possible.
 *
 * What could be worked out although everything were withheld stays: totals of the whole Partner are shown. Changes
 * `isWithheld` of the rows.
 *
 * @see GDPR Art. 5(1)(c): cells about fewer people than the setting `peopleMin` are withheld
 */
export function withholdRows(rows: readonly Row[], peopleMin: number): void {
  const queue: Row[] = [];
  for (const row of rows) {
    const { people, size, isWithheld } = row;
    if (isWithheld || (people < peopleMin && people + size > 0)) withhold(row, queue);
  }
  for (const row of queue) for (const cell of row.cells) openCell(cell, queue);
}

function withhold(row: Row, queue: Row[]): void {
  if (queue.includes(row)) return;
  row.isWithheld = true;
  queue.push(row);
  for (const twin of row.twins) withhold(twin, queue);
}

/** Withholds rows until `cell` cannot be worked out. */
function openCell(cell: Cell, queue: Row[]): void {
  while (!cell.isOpen) {
    const { cells, blocked } = findLookalike(cell, isHidden);
    for (const other of cells) other.isOpen = true;
    if (cells.length > 0) return;
    const best = findLookalike(cell, isAny);
    const next = best.cells.length > 0 || best.isUnsure ? toNext(cell, blocked) : undefined;
    // The totals of the Partner give it away, and they are always shown.
    if (next === undefined) return;
    withhold(next, queue);
  }
}

const isHidden = (row: Row) => row.isWithheld;
const isAny = () => true;

/** The row with the fewest people that alone is enough, or else the one with the fewest. */
function toNext(cell: Cell, blocked: ReadonlySet<Row>): Row | undefined {
  const ordered = [...blocked].filter((row) => !row.isWithheld).sort(byLoss);
  const enough = ordered.slice(0, CANDIDATES_MAX).find((row) => {
    const isFree = (other: Row) => other.isWithheld || other === row || row.twins.includes(other);
    return findLookalike(cell, isFree).cells.length > 0;
  });
  return enough ?? ordered[0];
}

/**
 * What is lost less first. Rows that were withheld in the month before count half: where the same rows are withheld
 * from month to month, none is shown beside what can be expected of it.
 */
function byLoss(one: Row, other: Row): number {
  const people = (row: Row) => (row.wasWithheld ? row.people / 2 : row.people);
  return people(one) - people(other) || one.size - other.size;
}
