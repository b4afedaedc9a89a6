/** A row of a table, as far as withholding is concerned: what it shows and whether it still does. */
export interface Amounts {
  /** Distinct people that the row describes. Not additive, so in no sum. */
  readonly people: number;
  /** The additive cells, always in the same order. */
  readonly values: readonly number[];
  withheld: boolean;
}

/**
 * `total` = the sum of `members` (+ what is not listed). Whoever reads the record knows this, so one withheld cell
 * in a sum can be worked out from the rest.
 */
export interface Sum<Row extends Amounts = Amounts> {
  /** A row of another table that is the sum of the members; absent if the sum is a total of the Partner, always shown. */
  readonly total?: Row;
  readonly members: readonly Row[];
  /** What the members must at least be, by value: a row is listed because it was used. */
  readonly valuesMin: readonly number[];
  /** The part of the total that no member shows. All zeros if every row is listed. */
  readonly unlisted: readonly number[];
}

/**
 * Withholds rows until nothing that is withheld can be worked out: first those that describe fewer than
 * `peopleMin` people, then in every sum that would give one away the row with the fewest people, or the total.
 *
 * A sum gives a cell away if it is the only unknown, or if all its unknowns can only have their least values. The
 * sums of a record form a tree (kinds of the total, resources of a kind), so looking at one sum at a time is
 * enough: any way of combining them would begin with a sum of one unknown.
 *
 * Where all rows of a Partner's total are withheld and it still gives one away, nothing more can be done: totals of
 * the whole Partner are shown. Changes `withheld` of the rows.
 *
 * @see GDPR Art. 5(1)(c): cells about fewer people than the setting `peopleMin` are withheld
 */
export function withholdRows<Row extends Amounts>(
  rows: readonly Row[],
  sums: readonly Sum<Row>[],
  peopleMin: number,
): void {
  for (const row of rows) row.withheld ||= row.people < peopleMin;
  // Known although withheld, because nothing is left to withhold with it.
  const known = new Set<Row>();
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const sum of sums) {
      const unknown = toUnknown(sum, known);
      if (unknown.length === 0 || !givesAway(sum, unknown)) continue;
      isDone = false;
      const next = toNext(sum);
      if (next !== undefined) next.withheld = true;
      else for (const row of unknown) known.add(row);
    }
  }
}

function toUnknown<Row extends Amounts>({ total, members }: Sum<Row>, known: ReadonlySet<Row>): readonly Row[] {
  const rows = total === undefined ? members : [total, ...members];
  return rows.filter((row) => row.withheld && !known.has(row));
}

function givesAway<Row extends Amounts>({ total, valuesMin, unlisted }: Sum<Row>, unknown: readonly Row[]): boolean {
  const isListed = unlisted.every((value) => value === 0);
  if (unknown.length === 1 && isListed) return true;
  // An unknown total can be anything above what is known, and so can the members.
  if (total !== undefined && unknown.includes(total)) return false;
  return valuesMin.some((min, index) => {
    const sum = unknown.reduce((before, { values }) => before + (values[index] ?? 0), unlisted[index] ?? 0);
    return sum === min * unknown.length;
  });
}

/** The shown row with the fewest people, of equal ones the smallest; the total only if no member is left. */
function toNext<Row extends Amounts>({ total, members }: Sum<Row>): Row | undefined {
  const size = (row: Row) => row.values.reduce((before, value) => before + value, 0);
  const [smallest] = members
    .filter(({ withheld }) => !withheld)
    .toSorted((a, b) => a.people - b.people || size(a) - size(b));
  return smallest ?? (total?.withheld === false ? total : undefined);
}
