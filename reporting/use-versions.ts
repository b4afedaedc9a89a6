import type { Figures } from "../schemas/figures.ts";
import type { CountedPage, CountedResource, CountedUse } from "./counted.ts";
import { boundRestByEarlier, type Earlier, type Past } from "./earlier.ts";
import { type Entry, toGone } from "./table-rows.ts";
import { KINDS, PAGES, RESOURCES, TOPICS } from "./use-forms.ts";

/** The rows of the four tables that tell of the same clicks. */
export interface UseEntries {
  readonly resources: readonly Entry<CountedResource>[];
  readonly kinds: readonly Entry<CountedUse>[];
  readonly topics: readonly Entry<CountedUse>[];
  readonly pages: readonly Entry<CountedPage>[];
}

/** Relates what an earlier version did not show to what may not be shown now: of kinds, topics and the Partner's totals. */
export function relateToEarlier(
  { resources, kinds, topics, pages }: UseEntries,
  figures: Figures,
  earlier: Earlier,
): void {
  if (earlier.bodies.length === 0) return;
  const gone = toGone(resources, RESOURCES, earlier);
  const toWhole = ({ row, before }: Past) => ({ row, before, now: row.cells.map(({ value }) => value) });
  const ofKind = Map.groupBy(resources, ({ counted: { type } }) => type);
  const ofTopic = Map.groupBy(resources, ({ counted: { topic } }) => topic);
  for (const kind of kinds) boundRestByEarlier(toWhole(kind), ofKind.get(kind.id) ?? [], gone, earlier);
  for (const topic of topics) boundRestByEarlier(toWhole(topic), ofTopic.get(topic.id) ?? [], gone, earlier);
  const toUse = (some: Figures) => [
    ...[some.active_people, some.Unique_Item_Requests, some.Total_Item_Requests],
    ...[some.Unique_Item_Investigations, some.Total_Item_Investigations],
  ];
  const toTotal = (toNumbers: (some: Figures) => readonly number[]) => ({
    now: toNumbers(figures),
    before: earlier.bodies.map((body) => toNumbers(body.figures)),
  });
  boundRestByEarlier(toTotal(toUse), resources, gone, earlier);
  boundRestByEarlier(toTotal(toUse), kinds, toGone(kinds, KINDS, earlier), earlier);
  boundRestByEarlier(toTotal(toUse), topics, toGone(topics, TOPICS, earlier), earlier);
  const toViews = (some: Figures) => [some.active_people, some.page_views];
  boundRestByEarlier(toTotal(toViews), pages, toGone(pages, PAGES, earlier), earlier);
}
