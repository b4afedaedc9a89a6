import { FIGURE_NAMES, type Figures } from "../schemas/figures.ts";
import type { FrozenBody } from "./frozen.ts";
import { addAtLeast, type Row } from "./relations.ts";

/** Place of the people among the numbers of a row. */
const PEOPLE = 0;

/** One table as an earlier version showed it. */
export interface ShownTable {
  /** By row, its people and its numbers, or `null` if they were withheld. */
  readonly rows: ReadonlyMap<string, readonly number[] | null>;
  /** Every row there was is listed and shown, as far as the record tells. */
  readonly isWhole: boolean;
}

/** What was published before of the same month. Provisional versions are for the operator's eyes and were not. */
export interface Earlier {
  readonly bodies: readonly FrozenBody[];
  readonly peopleMin: number;
  readonly figures: Figures;
  /** The latest of them, if no total of the Partner has changed since. */
  readonly unchanged: FrozenBody | undefined;
}

/** Leaves out what was never handed out. */
export function toEarlier(
  versions: readonly FrozenBody[],
  { figures, how_counted }: Pick<FrozenBody, "figures" | "how_counted">,
  peopleMin: number,
): Earlier {
  const bodies = versions.filter(({ completeness }) => !completeness.provisional);
  const last = bodies.at(-1);
  const isUnchanged =
    last !== undefined &&
    last.people_min === peopleMin &&
    last.how_counted.counted_by_purpose.engagement === how_counted.counted_by_purpose.engagement &&
    FIGURE_NAMES.every((name) => last.figures[name] === figures[name]);
  return { bodies, peopleMin, figures, unchanged: isUnchanged ? last : undefined };
}

/**
 * Whether showing a row again would tell about few people, because an earlier version of the month is known.
 *
 * Three cases: the row was shown, and the difference is about few people (v1 says 6, v2 would say 5: what is gone is
 * one person's); it was withheld, and what has not changed would now be known; it was not listed while others were
 * withheld or not listed either, so that it is part of what they could be worked out from.
 *
 * @param now people, then the other numbers, in the order of the tables
 */
export function isTelling(
  now: readonly number[],
  id: string,
  tables: readonly ShownTable[],
  peopleMin: number,
): boolean {
  return tables.some((table) => {
    const before = table.rows.get(id);
    if (before === null) return true;
    if (before === undefined) return !table.isWhole;
    return isFewApart(now, before, peopleMin);
  });
}

/** More than nothing and fewer than `peopleMin`. */
export function isFew(people: number, peopleMin: number): boolean {
  return people > 0 && people < peopleMin;
}

/** Where as many people are told of as before, so few actions more or less are those of few. */
function isFewApart(now: readonly number[], before: readonly number[], peopleMin: number): boolean {
  const [people = 0, ...numbers] = now.map((value, index) => Math.abs(value - (before[index] ?? 0)));
  return isFew(people > 0 ? people : Math.max(0, ...numbers), peopleMin);
}

/**
 * Bounds the numbers of a row by those that an earlier version showed: where every total of the Partner has only
 * shrunk (an erasure) or only grown (late data), a reader may take it that each number has.
 */
export function boundByEarlier(row: Row, id: string, tables: readonly ShownTable[], earlier: Earlier): void {
  for (const [index, table] of tables.entries()) {
    const before = table.rows.get(id);
    const body = earlier.bodies[index];
    if (before === undefined || before === null || body === undefined) continue;
    const way = toWay(body.figures, earlier.figures);
    for (const [at, cell] of row.cells.entries()) {
      const past = before[at] ?? 0;
      const room = way === "shrunk" ? past - cell.value : cell.value - past;
      if (way === "mixed" || room < 0) continue;
      if (way === "shrunk") cell.up = Math.min(cell.up, room);
      else cell.down = Math.min(cell.down, room);
    }
  }
}

/** A row with what the earlier versions showed of it, in their order: `null` if withheld, undefined if not listed. */
export interface Past {
  readonly row: Row;
  readonly before: readonly (readonly number[] | null | undefined)[];
}

/** What rows add up to: a row itself, or a total of the Partner that is always shown. */
export interface Whole {
  /** Absent of a total. */
  readonly row?: Row;
  readonly now: readonly number[];
  readonly before: Past["before"];
}

/**
 * Bounds rows by what an earlier version left of their whole: as in {@link boundByEarlier}, whatever it did not show has
 * together only shrunk or only grown. So where a whole is what it was, all its parts are, also one that is withheld now.
 *
 * @param gone what each earlier version showed of rows that are none any more, added up; of which whole they were is not known
 */
export function boundRestByEarlier(
  whole: Whole,
  parts: readonly Past[],
  gone: readonly (readonly number[])[],
  earlier: Earlier,
): void {
  for (const [index, body] of earlier.bodies.entries()) {
    const way = toWay(body.figures, earlier.figures);
    const past = whole.before[index];
    if (way === "mixed" || past === null || past === undefined) continue;
    const known = parts.filter(({ before }) => before[index] !== null && before[index] !== undefined);
    for (const [metric, now] of whole.now.entries()) {
      if (metric === PEOPLE) continue; // people of parts do not add up
      const cells = known.flatMap(({ row }) => row.cells[metric] ?? []);
      const change = cells.reduce(
        (rest, { value }, at) => rest - (value - (known[at]?.before[index]?.[metric] ?? 0)),
        now - (past[metric] ?? 0),
      );
      const own = whole.row?.cells.slice(metric, metric + 1) ?? [];
      if (way === "grown") addAtLeast(own, cells, change);
      else if (change <= 0) addAtLeast(cells, own, Math.max(0, -change - (gone[index]?.[metric] ?? 0)));
    }
  }
}

function toWay(before: Figures, now: Figures): "shrunk" | "grown" | "mixed" {
  const changes = FIGURE_NAMES.map((name) => now[name] - before[name]);
  const [least, most] = [Math.min(...changes), Math.max(...changes)];
  if (least < 0) return most <= 0 ? "shrunk" : "mixed";
  return most > 0 ? "grown" : "mixed";
}
