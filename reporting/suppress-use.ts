import type { FrozenFigures } from "../schemas/record.ts";
import type { CountedFew, CountedFigures, CountedPage } from "./counted.ts";
import { addAtLeast, addSum, type Cell, type Row, toRest, toRow } from "./relations.ts";
import { type Before, type Entry, isAsBefore, toEntries, toShownRows } from "./table-rows.ts";
import {
  CELLS_MIN,
  KINDS,
  METRICS,
  PAGES,
  PEOPLE,
  RESOURCES,
  TOPICS,
  TOTAL,
  TOTAL_REQUESTS,
  UNIQUE,
  UNIQUE_REQUESTS,
} from "./use-forms.ts";
import { relateToEarlier } from "./use-versions.ts";
import { withholdRows } from "./withhold.ts";

/** The four tables that tell of the same clicks. */
export type UseTables = Pick<FrozenFigures, "top_resources" | "by_kind" | "by_topic" | "top_pages">;

/** A row of few people with the kind and the topic that it is part of. */
interface Member {
  readonly type: string;
  readonly topic: string;
  readonly row: Row;
}

/**
 * Resources, kinds, topics and pages as they may be shown together.
 *
 * Use runs as in a net: the Partner's total divides into kinds, each kind into its resources, these come together again
 * as topics, and topics as the total. So a withheld number is safe only on a ring of withheld ones. A page and the
 * resource that it shows tell of the same clicks, and are withheld together.
 *
 * All resources are in the net; listed are those that are shown, and of those used most the names of the others. Pure.
 */
export function toShownUse(counted: CountedFigures, before: Before): UseTables {
  const resources = toEntries(counted.top_resources, RESOURCES, before);
  const kinds = toEntries(counted.by_kind, KINDS, before);
  const topics = toEntries(counted.by_topic, TOPICS, before);
  const pages = toEntries(counted.top_pages, PAGES, before);
  const members: readonly Member[] = [
    ...resources.map(({ counted: { type, topic }, row }) => ({ type, topic, row })),
    ...counted.few_resources.flatMap(toFewMembers),
  ];
  for (const { row } of [...members, ...kinds, ...topics]) boundPeople(row, counted.figures.active_people);
  for (const { row } of members) relateUse(row);
  const ofKind = Map.groupBy(members, ({ type }) => type);
  const ofTopic = Map.groupBy(members, ({ topic }) => topic);
  for (const { id, row } of kinds) relateMembers(row, ofKind.get(id) ?? []);
  for (const { id, row } of topics) relateMembers(row, ofTopic.get(id) ?? []);
  relateTotals(kinds, topics);
  relatePages(pages, resources, counted.figures.page_views);
  const { earlier } = before;
  relateToEarlier({ resources, kinds, topics, pages }, counted.figures, earlier);
  const isShownAsBefore =
    isAsBefore(resources, RESOURCES, earlier) &&
    isAsBefore(kinds, KINDS, earlier) &&
    isAsBefore(topics, TOPICS, earlier) &&
    isAsBefore(pages, PAGES, earlier);
  const rows = [...members, ...kinds, ...topics, ...pages].map(({ row }) => row);
  if (!isShownAsBefore) withholdRows(rows, earlier.peopleMin);
  return {
    top_resources: toShownRows(resources, RESOURCES),
    by_kind: toShownRows(kinds, KINDS),
    by_topic: toShownRows(topics, TOPICS),
    top_pages: toShownRows(pages, PAGES),
  };
}

/**
 * Two rows for all resources of few people of a kind and topic: one of them, and the rest together.
 *
 * They are alike but for their numbers, so where two of them differ in a number they could be each other: nobody can
 * tell which is which, and that number of all of them is hidden. What all have alike is hidden if it is for one of them.
 */
function toFewMembers({ type, topic, resources, sums, least, most, one }: CountedFew): readonly Member[] {
  const first = toRow(one[PEOPLE] ?? 0, one, CELLS_MIN);
  first.isWithheld = true;
  for (const [metric, cell] of first.cells.entries()) cell.isOpen = least[metric] !== most[metric];
  const others = resources - 1;
  if (others === 0) return [{ type, topic, row: first }];
  const rest = toRest(
    sums.map((sum, metric) => sum - (one[metric] ?? 0)),
    CELLS_MIN.map((min) => min * others),
  );
  return [first, rest].map((row) => ({ type, topic, row }));
}

/** Nothing is used by more people than are active. */
function boundPeople({ cells }: Row, active: number): void {
  const people = cells[PEOPLE];
  if (people !== undefined) people.up = Math.max(0, Math.min(people.up, active - people.value));
}

/** Unique <= total, requests <= investigations, and each person made at least one unique investigation. */
function relateUse({ cells }: Row): void {
  const pairs = [
    [TOTAL_REQUESTS, UNIQUE_REQUESTS],
    [TOTAL, TOTAL_REQUESTS],
    [UNIQUE, UNIQUE_REQUESTS],
    [TOTAL, UNIQUE],
    [UNIQUE, PEOPLE],
  ] as const;
  for (const [more, less] of pairs) {
    const [one, other] = [cells[more], cells[less]];
    if (one !== undefined && other !== undefined) addAtLeast([one], [other], one.value - other.value);
  }
}

/**
 * A kind or topic is the sum of its resources. Its people are no fewer than any member's and no more than all members'
 * together.
 */
function relateMembers(group: Row, members: readonly Member[]): void {
  const column = (metric: number) => members.flatMap(({ row }) => row.cells[metric] ?? []);
  for (const metric of METRICS) addSum(column(metric), toList(group.cells[metric]));
  const [people] = group.cells;
  if (people === undefined) return;
  const parts = column(PEOPLE);
  for (const part of parts) addAtLeast([people], [part], people.value - part.value);
  addAtLeast(parts, [people], sum(parts) - people.value);
}

/** Kinds add up to the Partner's totals, and so do topics. */
function relateTotals(...groups: readonly (readonly Entry<unknown>[])[]): void {
  for (const entries of groups)
    for (const metric of METRICS) addSum(entries.flatMap(({ row }) => row.cells[metric] ?? []));
}

function relatePages(
  pages: readonly Entry<CountedPage>[],
  resources: readonly Entry<unknown>[],
  pageViews: number,
): void {
  const [PEOPLE_OF_PAGE, VIEWS] = [0, 1] as const;
  const views = pages.flatMap(({ row }) => row.cells[VIEWS] ?? []);
  const unlisted = pageViews - sum(views);
  addSum([...views, ...(unlisted > 0 ? toRest([unlisted]).cells : [])]);
  for (const { row } of pages) {
    const [people, seen] = [row.cells[PEOPLE_OF_PAGE], row.cells[VIEWS]];
    if (people !== undefined && seen !== undefined) addAtLeast([seen], [people], seen.value - people.value);
  }
  for (const { id, row } of resources) {
    const shows = pages.filter(({ counted }) => counted.resource !== "" && counted.resource === id);
    for (const page of shows) link(page.row, row);
    const clicks = row.cells[TOTAL];
    const seen = shows.flatMap((page) => page.row.cells[VIEWS] ?? []);
    if (clicks === undefined || seen.length === 0) continue;
    // Whoever knows the website knows which resources are pages and nothing else.
    if (clicks.value === sum(seen)) addSum([clicks], seen);
    else addAtLeast([clicks], seen, clicks.value - sum(seen));
  }
}

function link(page: Row, resource: Row): void {
  page.twins.push(resource);
  resource.twins.push(page);
  const [readers, users] = [page.cells[0], resource.cells[PEOPLE]];
  if (readers !== undefined && users !== undefined) addAtLeast([users], [readers], users.value - readers.value);
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, { value }) => total + value, 0);
}

function toList<Item>(item: Item | undefined): readonly Item[] {
  return item === undefined ? [] : [item];
}
