import { FIGURE_NAMES, type FigureName, type Figures } from "../schemas/figures.ts";
import type { Completeness } from "../schemas/record.ts";
import type { CountedCell, CountedFigures } from "./counted.ts";
import {
  type DepartmentCounts,
  type EventCounts,
  type FewCounts,
  type NewcomerCounts,
  NONE_ENGAGED,
  NONE_FEEDBACK,
  type PageCounts,
  type PlaceCounts,
  type ResourceCounts,
  type SearchCounts,
  toDepartment,
  toEngaged,
  toEvent,
  toFeedback,
  toFew,
  toHowCounted,
  toNewcomers,
  toPage,
  toResource,
  toSearches,
  toUse,
  type UseCounts,
} from "./counted-rows.ts";
import type { PartnerSpan, Snapshot } from "./snapshot.ts";

/** A Partner whose month is counted. */
export interface CountedPartner extends PartnerSpan {
  /** The month is over in the Partner's zone. */
  readonly isOver: boolean;
}

/** What is the same for all Partners of a close. */
export type CloseFacts = Pick<Completeness, "silent_days" | "late_hours_max" | "attended_minutes_min">;

/** The queries beside those of the figures. */
const TABLES = [
  ...["top_resources", "few_resources", "by_kind", "by_topic", "top_pages", "departments", "searches", "events"],
  ...["newcomers", "engaged", "feedback", "weekday_hours", "days", "days_with_data", "how_counted"],
] as const;

interface OfPartner {
  readonly partner_no: number;
}
interface ValueRow extends OfPartner {
  readonly value: string;
}
interface CellsRow extends OfPartner {
  /** Positions in the grid, and what stands there, in the same order. */
  readonly cells: readonly number[];
  readonly actions: readonly number[];
  readonly people: readonly number[];
}
type Groups<Row> = ReadonlyMap<number, readonly Row[]>;

/**
 * Computes every figure and table for all Partners of a snapshot: one grouped query each, some at once. Nothing is withheld yet.
 *
 * @returns by Partner id; every Partner of the snapshot is in it
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function countFigures(
  snapshot: Snapshot,
  partners: readonly CountedPartner[],
  facts: CloseFacts,
): Promise<ReadonlyMap<string, CountedFigures>> {
  const answers = await snapshot.answers([...FIGURE_NAMES, ...TABLES]);
  const groups = <Row>(name: FigureName | (typeof TABLES)[number]): Groups<Row & OfPartner> =>
    // Each query of ours answers with its own columns.
    Map.groupBy((answers.get(name) ?? []) as readonly (Row & OfPartner)[], ({ partner_no }) => partner_no);
  const figures = new Map(FIGURE_NAMES.map((name) => [name, groups<ValueRow>(name)]));
  const resources = groups<ResourceCounts>("top_resources");
  const few = groups<FewCounts>("few_resources");
  const kinds = groups<UseCounts>("by_kind");
  const topics = groups<UseCounts>("by_topic");
  const pages = groups<PageCounts>("top_pages");
  const departments = groups<DepartmentCounts>("departments");
  const searches = groups<SearchCounts>("searches");
  const events = groups<EventCounts>("events");
  const newcomers = groups<NewcomerCounts>("newcomers");
  const engaged = groups<Record<keyof CountedFigures["engaged"], string>>("engaged");
  const feedback = groups<Record<keyof CountedFigures["feedback"], string>>("feedback");
  const hours = groups<CellsRow>("weekday_hours");
  const days = groups<CellsRow>("days");
  const daysWithData = groups<ValueRow>("days_with_data");
  const places = groups<PlaceCounts>("how_counted");

  return new Map(
    partners.map(({ id, span, isOver }, no): [string, CountedFigures] => [
      id,
      {
        figures: toFigures(figures, no),
        top_resources: (resources.get(no) ?? []).map(toResource),
        few_resources: (few.get(no) ?? []).map(toFew),
        by_kind: (kinds.get(no) ?? []).map((row) => toUse(row, row.id)),
        by_topic: (topics.get(no) ?? []).map((row) => toUse(row, "")),
        top_pages: (pages.get(no) ?? []).map(toPage),
        departments: (departments.get(no) ?? []).map(toDepartment),
        searches: toSearches(searches.get(no) ?? []),
        events: (events.get(no) ?? []).map((row) => toEvent(row, span.firstDay)),
        newcomers: toNewcomers(newcomers.get(no)?.[0]),
        engaged: toEngaged(engaged.get(no)?.[0] ?? NONE_ENGAGED),
        feedback: toFeedback(feedback.get(no)?.[0] ?? NONE_FEEDBACK),
        weekday_hours: toGrid(hours.get(no)?.[0], 7, 24),
        days: toGrid(days.get(no)?.[0], 1, span.days).flat(),
        how_counted: toHowCounted(places.get(no) ?? []),
        completeness: { provisional: !isOver, days_with_data: toValue(daysWithData, no), ...facts },
      },
    ]),
  );
}

function toFigures(figures: ReadonlyMap<FigureName, Groups<ValueRow>>, no: number): Figures {
  const entries = FIGURE_NAMES.map((name) => [name, toValue(figures.get(name), no)]);
  return Object.fromEntries(entries) as Record<FigureName, number>; // one entry for each name of the catalogue
}

function toValue(groups: Groups<ValueRow> | undefined, no: number): number {
  return Number(groups?.get(no)?.[0]?.value ?? 0);
}

function toGrid(row: CellsRow | undefined, rows: number, columns: number): readonly (readonly CountedCell[])[] {
  const grid = Array.from({ length: rows * columns }, () => ({ actions: 0, people: 0 }));
  row?.cells.forEach((cell, at) => {
    grid[cell] = { actions: row.actions[at] ?? 0, people: row.people[at] ?? 0 };
  });
  return Array.from({ length: rows }, (_row, at) => grid.slice(at * columns, (at + 1) * columns));
}
