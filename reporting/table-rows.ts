import type { Cell } from "../schemas/record.ts";
import { boundByEarlier, type Earlier, isTelling, type ShownTable } from "./earlier.ts";
import type { FrozenBody } from "./frozen.ts";
import { type Row, toRow } from "./relations.ts";

/** A counted row beside what withholding makes of it. */
export interface Entry<Counted> {
  readonly id: string;
  readonly counted: Counted;
  readonly row: Row;
}

/** How the rows of one table are read, counted or frozen. */
export interface TableForm<Shown, Counted extends Shown = Shown> {
  readonly toRows: (body: FrozenBody) => readonly Shown[];
  readonly toId: (row: Shown) => string;
  /** People first. */
  readonly toCells: (row: Shown) => readonly Cell[];
  /** What the cells must at least be, because the row is listed. */
  readonly cellsMin: readonly number[];
  /** The row with its numbers, or without them. */
  readonly toShown: (row: Counted, isWithheld: boolean) => Shown;
}

/** What is known of the month, and of the month before. */
export interface Before {
  readonly earlier: Earlier;
  readonly previousMonth: FrozenBody | undefined;
}

/** The rows of a table, those withheld that would tell about few people beside an earlier version of the month. */
export function toEntries<Shown, Counted extends Shown>(
  counted: readonly Counted[],
  form: TableForm<Shown, Counted>,
  { earlier, previousMonth }: Before,
): readonly Entry<Counted>[] {
  const tables = earlier.bodies.map((body) => toShownTable(form.toRows(body), form));
  const monthBefore = toShownTable(previousMonth === undefined ? [] : form.toRows(previousMonth), form);
  return counted.map((one) => {
    const id = form.toId(one);
    // Counted rows have no withheld cell.
    const cells = form.toCells(one).map((cell) => cell ?? 0);
    const row = toRow(cells[0] ?? 0, cells, form.cellsMin, monthBefore.get(id) === null);
    row.isWithheld = isTelling(cells, id, tables, earlier.peopleMin);
    boundByEarlier(row, id, tables, earlier);
    return { id, counted: one, row };
  });
}

function toShownTable<Shown, Counted extends Shown>(
  rows: readonly Shown[],
  { toId, toCells }: TableForm<Shown, Counted>,
): ShownTable {
  return new Map(
    rows.map((row) => {
      const cells = toCells(row);
      return [toId(row), cells.includes(null) ? null : cells.map((cell) => cell ?? 0)];
    }),
  );
}

/**
 * Whether the latest version showed the same of a table, and withheld the rest: then it can be shown so again. What can be
 * worked out depends on what is published alone, and that is the same. So closing a month again changes nothing.
 */
export function isAsBefore<Shown, Counted extends Shown>(
  entries: readonly Entry<Counted>[],
  form: TableForm<Shown, Counted>,
  { unchanged }: Earlier,
): boolean {
  if (unchanged === undefined) return false;
  const table = toShownTable(form.toRows(unchanged), form);
  const isSame = ({ id, row }: Entry<Counted>) => {
    const before = table.get(id);
    if (before === undefined || before === null) return before === null;
    return row.cells.every(({ value }, index) => value === before[index]);
  };
  return table.size === entries.length && entries.every(isSame);
}

/** The table as it may be shown. Withheld rows stand last, by id: their place among the others would tell their size. */
export function toShownRows<Shown, Counted extends Shown>(
  entries: readonly Entry<Counted>[],
  { toShown }: TableForm<Shown, Counted>,
): readonly Shown[] {
  const shown = entries.filter(({ row }) => !row.isWithheld);
  const withheld = entries.filter(({ row }) => row.isWithheld).sort((a, b) => (a.id < b.id ? -1 : 1));
  return [...shown, ...withheld].map(({ counted, row }) => toShown(counted, row.isWithheld));
}
