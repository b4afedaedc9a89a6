interface Definition {
  readonly title: string;
  readonly prose: string;
  readonly source: string;
}

/**
 * Each total of a Partner: what it is called, what it counts and where the rule comes from.
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
      "Different people with at least one counted investigation, search or attended event in the month. Never the sum of shorter periods.",
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
  events_attended: {
    title: "Events attended",
    prose:
      "Attendances of webinars, meetings and courses, each person and event once, if the person stayed for the minutes that count (10 unless set otherwise).",
    source: "Roebuck",
  },
} as const satisfies Record<string, Definition>;

/** Numbers of a record that may be missing, each with its reason: how people divide, what is by consent, value for money. */
export const FURTHER_FIGURES = {
  new_people: {
    title: "New people",
    prose:
      "Active people with no counted action in the 12 months before the month. Not known across a change of pseudonym keys, which unlinks everybody on purpose.",
    source: "Roebuck",
  },
  returning_people: {
    title: "Returning people",
    prose: "Active people who are not new. New and returning add up to active people.",
    source: "Roebuck",
  },
  engaged_ms: {
    title: "Engaged time",
    prose:
      "Time a page was visible and in use (input in the last 30 seconds), added up; only of people who agreed to the measuring of behaviour.",
    source: "Roebuck",
  },
  engaged_people: {
    title: "People with engaged time",
    prose:
      "N in “from N of M people who agreed”: different behaviour pseudonyms with engaged time in the month. They cannot be linked to active people; whoever withdraws and agrees anew within a month is two.",
    source: "Roebuck",
  },
  agreed_people: {
    title: "People who agreed",
    prose:
      "M in “from N of M people who agreed”: different behaviour pseudonyms of which anything was measured in the month. Who agreed and did not come is not among them.",
    source: "Roebuck",
  },
  utilisation: {
    title: "Utilisation",
    prose: "Active people / licensed seats, where seats are recorded. Above 1 more people came than there are seats.",
    source: "Roebuck",
  },
  cost_per_use: {
    title: "Cost per unique request",
    prose:
      "The month's share of the contract fee (its days under contract / all days of the contract) / unique requests, in the currency of the fee.",
    source: "Library practice; not in COUNTER",
  },
  peer_band: {
    title: "Peer band",
    prose:
      "Median and middle half (first to third quartile) over all Partners of the peer group with a record of the month, if there are at least 5 besides this one. Frozen when the month was closed.",
    source: "Roebuck",
  },
  year_to_date: {
    title: "Contract year to date",
    prose:
      "Sums over the closed months since the month of the contract's last anniversary, or since January without a contract date. Active people do not add up and are left out.",
    source: "Roebuck",
  },
} as const satisfies Record<string, Definition>;

/** The name of a figure. */
export type FigureName = keyof typeof FIGURES;

/** All names, in the order in which records show them. */
export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[]; // keys of a constant object

/** A whole number for each figure. */
export type Figures = Readonly<Record<FigureName, number>>;

/** Figures that may be added up over months: all but the one that counts different people. */
export type AdditiveName = Exclude<FigureName, "active_people">;

/** All names of additive figures, in the order of {@link FIGURE_NAMES}. */
export const ADDITIVE_NAMES = FIGURE_NAMES.filter((name): name is AdditiveName => name !== "active_people");
