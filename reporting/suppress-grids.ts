import type { FrozenFigures, Cell as Shown } from "../schemas/record.ts";
import type { CountedCell, CountedFigures } from "./counted.ts";
import type { Earlier } from "./earlier.ts";
import { isFew } from "./earlier.ts";
import type { FrozenBody } from "./frozen.ts";
import { addAtLeast, addSum, type Cell, type Row, toRow } from "./relations.ts";
import type { Before } from "./table-rows.ts";
import { withholdRows } from "./withhold.ts";

/** The two grids of a record. */
export type Grids = Pick<FrozenFigures, "weekday_hours" | "days">;

/**
 * Days and hours as they may be shown: a square in which few people were active is withheld, none is empty that was
 * not. Both grids are empty if all active people are few.
 *
 * @param firstWeekday weekday of the 1st, 0 = Monday
 *
 * Hours add up to the page views, days to the counted actions, and no weekday has more page views than actions. Pure.
 */
export function toShownGrids(counted: CountedFigures, firstWeekday: number, before: Before): Grids {
  if (counted.figures.active_people < before.earlier.peopleMin) return { weekday_hours: [], days: [] };
  const { earlier, previousMonth } = before;
  const toSquare = (toGrid: (body: FrozenBody) => readonly Shown[], cell: CountedCell, at: number) =>
    toSquareRow(cell, {
      earlier,
      past: earlier.bodies.map((body) => toGrid(body)[at]),
      wasWithheld: previousMonth !== undefined && toGrid(previousMonth)[at] === null,
    });
  const hours = counted.weekday_hours.map((cells, weekday) =>
    cells.map((cell, hour) => toSquare((body) => body.weekday_hours[weekday] ?? [], cell, hour)),
  );
  const days = counted.days.map((cell, day) => toSquare((body) => body.days, cell, day));
  relateGrids(hours, days, firstWeekday);
  const squares = [...hours.flat(), ...days];
  if (!isAsBefore(squares, earlier.unchanged)) withholdRows(squares.filter(isUsed), earlier.peopleMin);
  return { weekday_hours: hours.map((rows) => rows.map(toShownSquare)), days: days.map(toShownSquare) };
}

/** Whether the latest version showed the same squares, and withheld the rest: then they can be shown so again. */
function isAsBefore(squares: readonly Row[], unchanged: FrozenBody | undefined): boolean {
  if (unchanged === undefined) return false;
  const before = [...unchanged.weekday_hours.flat(), ...unchanged.days];
  return (
    before.length === squares.length &&
    squares.every(({ size }, index) => before[index] === null || before[index] === size)
  );
}

interface Past {
  readonly earlier: Earlier;
  /** The square in each earlier version; `undefined` if its grid is empty. */
  readonly past: readonly (Shown | undefined)[];
  readonly wasWithheld: boolean;
}

function toSquareRow({ people, actions }: CountedCell, { earlier, past, wasWithheld }: Past): Row {
  const row = toRow(people, [actions], [1], wasWithheld);
  row.isWithheld = earlier.bodies.some((body, version) => {
    const before = past[version];
    if (before === undefined || before === null) return before === null;
    // Nobody froze how many people an earlier square was about.
    const apart = Math.abs(body.figures.active_people - earlier.figures.active_people);
    return before !== actions && (apart < earlier.peopleMin || isFew(Math.abs(before - actions), earlier.peopleMin));
  });
  return row;
}

/** Whether it may be withheld: where nothing was, nobody is told of. */
function isUsed({ size, isWithheld }: Row): boolean {
  return size > 0 || isWithheld;
}

function relateGrids(hours: readonly (readonly Row[])[], days: readonly Row[], firstWeekday: number): void {
  const toCells = (rows: readonly Row[]): readonly Cell[] => rows.filter(isUsed).flatMap(({ cells }) => cells);
  addSum(toCells(hours.flat()));
  addSum(toCells(days));
  for (const [weekday, rows] of hours.entries()) {
    const actions = toCells(days.filter((_, day) => (day + firstWeekday) % 7 === weekday));
    const views = toCells(rows);
    const sum = (cells: readonly Cell[]) => cells.reduce((total, { value }) => total + value, 0);
    addAtLeast(actions, views, sum(actions) - sum(views));
  }
}

function toShownSquare({ isWithheld, size }: Row): Shown {
  return isWithheld ? null : size;
}
