/**
 * What a reader of a record knows of its numbers without seeing them: which add up to which, and which cannot be
 * larger than which. Only changes count, so a number that is always shown (a total of the Partner) is in no relation.
 */

/** A row of a table, or one square of a grid: what is shown or withheld as a whole. */
export interface Row {
  readonly people: number;
  /** All its numbers together: of rows of as many people the smaller one is withheld. */
  readonly size: number;
  readonly cells: readonly Cell[];
  /** Rows about the same clicks: withheld together. */
  readonly twins: Row[];
  /** Withheld in the month before. */
  readonly wasWithheld: boolean;
  isWithheld: boolean;
}

/** One number of a row. */
export interface Cell {
  readonly row: Row;
  readonly value: number;
  /** How far it could be smaller, and larger, for all that is known of it alone. */
  down: number;
  up: number;
  readonly terms: Term[];
  /** Another record that looks the same has another number here, or nothing needs to be hidden. */
  isOpen: boolean;
  /** By how much it differs in the record that is being tried. */
  moved: number;
}

/** Changes of its cells, each with its sign, add up to 0, or to no less than `-slack`. */
export interface Relation {
  readonly parts: readonly { readonly cell: Cell; readonly sign: 1 | -1 }[];
  /** 0 of an equality. */
  readonly slack: number;
  readonly isEqual: boolean;
  moved: number;
}

interface Term {
  readonly relation: Relation;
  readonly sign: 1 | -1;
}

/**
 * A row that is listed.
 *
 * @param values its numbers
 * @param valuesMin what each of them must at least be, because the row is listed
 */
export function toRow(
  people: number,
  values: readonly number[],
  valuesMin: readonly number[],
  wasWithheld = false,
): Row {
  const cells: Cell[] = [];
  const size = values.reduce((sum, value) => sum + value, 0);
  const row: Row = { people, size, cells, twins: [], wasWithheld, isWithheld: false };
  for (const [index, value] of values.entries()) {
    const down = Math.max(0, value - (valuesMin[index] ?? 0));
    cells.push({ row, value, down, up: Number.POSITIVE_INFINITY, terms: [], isOpen: false, moved: 0 });
  }
  return row;
}

/**
 * What is in a total but in no row of the list. Nobody sees it, and it needs no hiding.
 *
 * @param valuesMin as of `toRow`
 */
export function toRest(values: readonly number[], valuesMin: readonly number[] = []): Row {
  const row = toRow(0, values, valuesMin);
  row.isWithheld = true;
  for (const cell of row.cells) cell.isOpen = true;
  return row;
}

/** Makes known that `parts`, less `others`, add up to what they add up to now: a constant, or 0. */
export function addSum(parts: readonly Cell[], others: readonly Cell[] = []): void {
  addRelation(parts, others, 0, true);
}

/**
 * Makes known that `more` add up to at least as much as `less`.
 *
 * @param slack by how much they do; if it is negative the record is none that a reader would expect, and knows nothing
 */
export function addAtLeast(more: readonly Cell[], less: readonly Cell[], slack: number): void {
  if (slack >= 0) addRelation(more, less, slack, false);
}

function addRelation(plus: readonly Cell[], minus: readonly Cell[], slack: number, isEqual: boolean): void {
  const parts = [
    ...plus.map((cell) => ({ cell, sign: 1 as const })),
    ...minus.map((cell) => ({ cell, sign: -1 as const })),
  ];
  const relation: Relation = { parts, slack, isEqual, moved: 0 };
  for (const { cell, sign } of parts) cell.terms.push({ relation, sign });
}
