/**
 * Each reported number: what it is called, what it counts and where the rule comes from.
 *
 * The names are the Code's own where COUNTER speaks (Code of Practice 5.1). `prose` is printed under
 * "definitions" in every record and in the documentation table that is generated from here.
 */
export const FIGURES = {
  Total_Item_Investigations: {
    title: "Investigations",
    prose: "Every view, download or play of a resource, after removing double-clicks (30 seconds).",
    source: "COUNTER 5.1, 3.3 and 7.2",
  },
  Unique_Item_Investigations: {
    title: "Unique investigations",
    prose: "Resources used, each at most once per person and clock hour, whatever the format.",
    source: "COUNTER 5.1, 3.3 and 7.3",
  },
  Total_Item_Requests: {
    title: "Requests",
    prose: "Every time the full content of a resource was viewed, downloaded or played, after removing double-clicks.",
    source: "COUNTER 5.1, 3.3 and 7.2",
  },
  Unique_Item_Requests: {
    title: "Unique requests",
    prose: "Resources used in full, each at most once per person and clock hour, whatever the format.",
    source: "COUNTER 5.1, 3.3 and 7.3",
  },
  Searches_Platform: {
    title: "Searches",
    prose: "Each search that a person made, once; paging through results is not a new search.",
    source: "COUNTER 5.1, 7.6",
  },
  active_people: {
    title: "Active people",
    prose:
      "Different people with at least one counted investigation or search in the month. Never the sum of shorter periods.",
    source: "Roebuck",
  },
  visits: {
    title: "Visits",
    prose:
      "Runs of actions of one person with no gap over 30 minutes; a visit belongs to the month of its first action.",
    source: "Roebuck (web-analytics custom)",
  },
  page_views: {
    title: "Page views",
    prose: "Pages opened by signed-in people, after removing double-clicks, whether or not the page is a resource.",
    source: "COUNTER 5.1, 7.2",
  },
} as const satisfies Record<string, { readonly title: string; readonly prose: string; readonly source: string }>;

/** The name of a figure. */
export type FigureName = keyof typeof FIGURES;

/** All names, in the order in which records show them. */
export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[]; // keys of a constant object

/** A whole number for each figure. */
export type Figures = Readonly<Record<FigureName, number>>;
