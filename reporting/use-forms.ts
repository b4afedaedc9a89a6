import type { PageRow, UseRow } from "../schemas/record.ts";
import type { CountedResource } from "./counted.ts";
import type { FrozenBody } from "./frozen.ts";
import type { TableForm } from "./table-rows.ts";

/** Cells of a row of use. */
export const [PEOPLE, UNIQUE_REQUESTS, TOTAL_REQUESTS, UNIQUE, TOTAL] = [0, 1, 2, 3, 4] as const;
/** Those of them that add up. */
export const METRICS = [UNIQUE_REQUESTS, TOTAL_REQUESTS, UNIQUE, TOTAL] as const;
/** Whatever is listed was used at least once, but perhaps never in full. */
export const CELLS_MIN = [1, 0, 0, 1, 1] as const;

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
    cellsMin: CELLS_MIN,
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

/** Of the resources used most so many are named though few people used them. */
export const NAMED_MAX = 20;
/** Resources. */
export const RESOURCES: TableForm<UseRow, CountedResource> = {
  ...toUseForm((body) => body.top_resources),
  toUnlisted: ({ top_resources, figures }) =>
    top_resources.reduce((rest, row) => rest - (row.totalInvestigations ?? 0), figures.Total_Item_Investigations),
  namedMax: NAMED_MAX,
};
/** Kinds of resources. */
export const KINDS = toUseForm((body) => body.by_kind);
/** Topics of resources. */
export const TOPICS = toUseForm((body) => body.by_topic);
/** Pages. */
export const PAGES: TableForm<PageRow> = {
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
