import type { FrozenFigures, PageRow, UseRow } from "../schemas/record.ts";
import type { CountedFigures, CountedPage } from "./counted.ts";
import type { FrozenBody } from "./frozen.ts";
import { addAtLeast, addSum, type Cell, type Row, toRest } from "./relations.ts";
import { type Before, type Entry, isAsBefore, type TableForm, toEntries, toShownRows } from "./table-rows.ts";
import { withholdRows } from "./withhold.ts";

/** Cells of a row of use. */
const [PEOPLE, UNIQUE_REQUESTS, TOTAL_REQUESTS, UNIQUE, TOTAL] = [0, 1, 2, 3, 4] as const;
const METRICS = [UNIQUE_REQUESTS, TOTAL_REQUESTS, UNIQUE, TOTAL] as const;

const toUseForm = (toRows: (body: FrozenBody) => readonly UseRow[]) =>
  ({
    toRows,
    toId: ({ id }) => id,
    toCells: (row) => [
      row.people,
      row.uniqueRequests,
      row.totalRequests,
      row.uniqueInvestigations,
      row.totalInvestigations,
    ],
    // Used at least once, but perhaps never in full.
    cellsMin: [1, 0, 0, 1, 1],
    toShown: (row, isWithheld) => ({
      id: row.id,
      title: row.title,
      type: row.type,
      uniqueRequests: isWithheld ? null : row.uniqueRequests,
      totalRequests: isWithheld ? null : row.totalRequests,
      uniqueInvestigations: isWithheld ? null : row.uniqueInvestigations,
      totalInvestigations: isWithheld ? null : row.totalInvestigations,
      people: isWithheld ? null : row.people,
    }),
  }) satisfies TableForm<UseRow>;

const RESOURCES = toUseForm((body) => body.top_resources);
const KINDS = toUseForm((body) => body.by_kind);
const TOPICS = toUseForm((body) => body.by_topic);
const PAGES: TableForm<PageRow> = {
  toRows: (body) => body.top_pages,
  toId: ({ path }) => path,
  toCells: ({ people, views }) => [people, views],
  cellsMin: [1, 1],
  toShown: ({ path, title, views, people }, isWithheld) => ({
    path,
    title,
    views: isWithheld ? null : views,
    people: isWithheld ? null : people,
  }),
};

/** The four tables that tell of the same clicks. */
export type UseTables = Pick<FrozenFigures, "top_resources" | "by_kind" | "by_topic" | "top_pages">;

/**
 * Resources, kinds, topics and pages as they may be shown together.
 *
 * Use runs as in a net: the Partner's total divides into kinds, each kind into its resources (and what is not listed),
 * these come together again as topics, and topics as the total. So a withheld number is safe only on a ring of withheld
 * ones. A page and the resource that it shows tell of the same clicks, and are withheld together. Pure.
 */
export function toShownUse(counted: CountedFigures, before: Before): UseTables {
  const resources = toEntries(counted.top_resources, RESOURCES, before);
  const kinds = toEntries(counted.by_kind, KINDS, before);
  const topics = toEntries(counted.by_topic, TOPICS, before);
  const pages = toEntries(counted.top_pages, PAGES, before);
  for (const { row } of [...resources, ...kinds, ...topics]) boundPeople(row, counted.figures.active_people);
  for (const { row } of resources) relateUse(row);
  const unlistedKinds = kinds.map((kind) =>
    relateMembers(
      kind.row,
      resources.filter(({ counted: { type } }) => type === kind.id),
    ),
  );
  const unlistedTopics = topics.map((topic) =>
    relateMembers(
      topic.row,
      resources.filter(({ counted: one }) => one.topic === topic.id),
    ),
  );
  relateTotals(kinds, topics);
  relateUnlisted(unlistedKinds, unlistedTopics);
  relatePages(pages, resources, counted.figures.page_views);
  const { earlier } = before;
  const isShownAsBefore =
    isAsBefore(resources, RESOURCES, earlier) &&
    isAsBefore(kinds, KINDS, earlier) &&
    isAsBefore(topics, TOPICS, earlier) &&
    isAsBefore(pages, PAGES, earlier);
  const rows = [...resources, ...kinds, ...topics, ...pages].map(({ row }) => row);
  if (!isShownAsBefore) withholdRows(rows, earlier.peopleMin);
  return {
    top_resources: toShownRows(resources, RESOURCES),
    by_kind: toShownRows(kinds, KINDS),
    by_topic: toShownRows(topics, TOPICS),
    top_pages: toShownRows(pages, PAGES),
  };
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
 * A kind or topic is the sum of its resources and of those that are not listed. Its people are no fewer than any
 * member's and no more than all members' together.
 *
 * @returns what is not listed; undefined if everything is
 */
function relateMembers(group: Row, members: readonly Entry<unknown>[]): Row | undefined {
  const column = (metric: number) => members.flatMap(({ row }) => row.cells[metric] ?? []);
  const values = group.cells.map(({ value }, metric) => value - sum(column(metric)));
  const isListed = METRICS.every((metric) => values[metric] === 0);
  const [people] = group.cells;
  // As many as there may be: how many they are is nowhere counted.
  const most = Math.min(values[UNIQUE] ?? 0, people?.value ?? 0);
  const rest = isListed ? undefined : toRest([most, ...values.slice(1)]);
  if (rest !== undefined) relateUse(rest);
  for (const metric of METRICS) {
    const unlisted = rest?.cells[metric];
    const total = group.cells[metric];
    addSum([...toList(unlisted), ...column(metric)], toList(total));
  }
  if (people === undefined) return rest;
  const parts = [...(rest?.cells.slice(0, 1) ?? []), ...column(PEOPLE)];
  for (const part of column(PEOPLE)) addAtLeast([people], [part], people.value - part.value);
  addAtLeast(parts, [people], sum(parts) - people.value);
  return rest;
}

/** Kinds add up to the Partner's totals, and so do topics. */
function relateTotals(...groups: readonly (readonly Entry<unknown>[])[]): void {
  for (const entries of groups)
    for (const metric of METRICS) addSum(entries.flatMap(({ row }) => row.cells[metric] ?? []));
}

/** What is listed under no kind is what is listed under no topic. */
function relateUnlisted(kinds: readonly (Row | undefined)[], topics: readonly (Row | undefined)[]): void {
  if (topics.length === 0) return;
  const column = (rows: readonly (Row | undefined)[], metric: number) =>
    rows.flatMap((row) => row?.cells[metric] ?? []);
  for (const metric of METRICS) addSum(column(kinds, metric), column(topics, metric));
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
