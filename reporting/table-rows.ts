import type { Cell } from "../schemas/record.ts";
import { boundByEarlier, type Earlier, isTelling, type Past, type ShownTable } from "./earlier.ts";
import type { FrozenBody } from "./frozen.ts";
import { toRow } from "./relations.ts";

/** A counted row beside what withholding makes of it. */
export interface Entry<Counted> extends Past {
  readonly id: string;
  readonly counted: Counted;
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
  /** How many rows are counted in the table that are not in the list, or not shown; 0 if it lists all. */
  readonly toUnlisted?: (body: FrozenBody) => number;
  /** Withheld rows are named if they stand before this place; all if absent. */
  readonly namedMax?: number;
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
  const tables = earlier.bodies.map((body) => toShownTable(body, form));
  const monthBefore = previousMonth === undefined ? undefined : toShownTable(previousMonth, form);
  return counted.map((one) => {
    const id = form.toId(one);
    // Counted rows have no withheld cell.
    const cells = form.toCells(one).map((cell) => cell ?? 0);
    const row = toRow(cells[0] ?? 0, cells, form.cellsMin, monthBefore?.rows.get(id) === null);
    row.isWithheld = isTelling(cells, id, tables, earlier.peopleMin);
    boundByEarlier(row, id, tables, earlier);
    return { id, counted: one, row, before: tables.map(({ rows }) => rows.get(id)) };
  });
}

/** What each earlier version showed of rows that are counted no more, added up. */
export function toGone<Shown, Counted extends Shown>(
  entries: readonly Entry<Counted>[],
  form: TableForm<Shown, Counted>,
  { bodies }: Earlier,
): readonly (readonly number[])[] {
  const ids = new Set(entries.map(({ id }) => id));
  return bodies.map((body) => {
    const gone = [...toShownTable(body, form).rows].flatMap(([id, cells]) =>
      ids.has(id) || cells === null ? [] : [cells],
    );
    return form.cellsMin.map((_, at) => gone.reduce((sum, cells) => sum + (cells[at] ?? 0), 0));
  });
}

function toShownTable<Shown, Counted extends Shown>(
  body: FrozenBody,
  { toRows, toId, toCells, toUnlisted = () => 0 }: TableForm<Shown, Counted>,
): ShownTable {
  const rows = new Map(
    toRows(body).map((row) => {
      const cells = toCells(row);
      return [toId(row), cells.includes(null) ? null : cells.map((cell) => cell ?? 0)];
    }),
  );
  return { rows, isWhole: ![...rows.values()].includes(null) && toUnlisted(body) === 0 };
}

/**
 * Whether the latest version showed the same of a table, and withheld or did not list the rest: then it can be shown so
 * again. What can be worked out depends on what is published alone, and that is the same. So closing a month again changes
 * nothing.
 */
export function isAsBefore<Shown, Counted extends Shown>(
  entries: readonly Entry<Counted>[],
  form: TableForm<Shown, Counted>,
  { unchanged }: Earlier,
): boolean {
  if (unchanged === undefined) return false;
  const { rows } = toShownTable(unchanged, form);
  const isSame = ({ id, row }: Entry<Counted>) => {
    const before = rows.get(id);
    if (before === undefined) return form.namedMax !== undefined && row.isWithheld;
    return before === null || row.cells.every(({ value }, index) => value === before[index]);
  };
  return rows.size === entries.filter(({ id }) => rows.has(id)).length && entries.every(isSame);
}

/** The table as it may be shown. Withheld rows that are named stand last, by id: their place among the others would tell their size. */
export function toShownRows<Shown, Counted extends Shown>(
  entries: readonly Entry<Counted>[],
  { toShown, namedMax = entries.length }: TableForm<Shown, Counted>,
): readonly Shown[] {
  const shown = entries.filter(({ row }) => !row.isWithheld);
  const named = entries.slice(0, namedMax);
  const withheld = named.filter(({ row }) => row.isWithheld).sort((a, b) => (a.id < b.id ? -1 : 1));
  return [...shown, ...withheld].map(({ counted, row }) => toShown(counted, row.isWithheld));
}
