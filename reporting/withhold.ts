import { findLookalike, toBlocked } from "./lookalike.ts";
import type { Cell, Row } from "./relations.ts";

/** Rows are tried up to the least number of people, twice as many, four times as many ..., then all. */
const SIZES = 4;

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
    const found = findLookalike(cell, isHidden);
    const { cells } = found;
    for (const other of cells) other.isOpen = true;
    if (cells.length > 0) return;
    const next = toNext(cell, toBlocked(found, isHidden));
    // The totals of the Partner give it away, and they are always shown.
    if (next.length === 0) return;
    for (const row of next) withhold(row, queue);
  }
}

const isHidden = (row: Row) => row.isWithheld;
const isAny = () => true;

/**
 * Rows that are enough if they are withheld too: of the smallest, so that no large row goes where small ones serve.
 * Empty if all rows together would not be enough.
 */
function toNext(cell: Cell, blocked: ReadonlySet<Row>): readonly Row[] {
  const ordered = [...blocked].filter((row) => !row.isWithheld).sort(byLoss);
  const least = ordered[0];
  if (least === undefined) return [];
  const best = findLookalike(cell, isAny, byLoss);
  if (best.cells.length === 0) return best.isUnsure ? [least] : [];
  for (let step = 0; step < SIZES; step++) {
    const lossMax = Math.max(1, toLoss(least)) * 2 ** step;
    const { cells } = findLookalike(cell, (row) => row.isWithheld || toLoss(row) <= lossMax, byLoss);
    if (cells.length > 0) return toShown(cells);
  }
  return toShown(best.cells);
}

function toShown(cells: readonly Cell[]): readonly Row[] {
  return [...new Set(cells.map(({ row }) => row))].filter((row) => !row.isWithheld);
}

/**
 * How many people's row it would be. Rows that were withheld in the month before count half: where the same rows are
 * withheld from month to month, none is shown beside what can be expected of it.
 */
function toLoss({ people, wasWithheld }: Row): number {
  return wasWithheld ? people / 2 : people;
}

/** What is lost less first; what is withheld is lost already. */
function byLoss(one: Row, other: Row): number {
  const loss = (row: Row) => (row.isWithheld ? 0 : toLoss(row));
  return loss(one) - loss(other) || one.size - other.size;
}
