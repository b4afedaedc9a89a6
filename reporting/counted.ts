import type { Figures } from "../schemas/figures.ts";
import type {
  Completeness,
  DepartmentRow,
  EngagedTime,
  EventRow,
  FeedbackSummary,
  HowCounted,
  Newcomers,
  PageRow,
  SearchRow,
  UseRow,
} from "../schemas/record.ts";

/** A row with every cell known: the form before anything is withheld. Stays in memory. */
type Known<Row> = { readonly [Key in keyof Row]: Exclude<Row[Key], null> };

/** A resource, kind or topic with every cell known. */
export type CountedUse = Known<UseRow>;

/** A resource with the one topic that it is counted under; empty if none. */
export interface CountedResource extends CountedUse {
  readonly topic: string;
}

/** The counts of a row of use: people, unique requests, requests, unique investigations, investigations. */
export type UseCountsList = readonly number[];

/**
 * Resources of one kind and topic together of which each is of too few people to be listed, and which no page of the
 * record shows.
 */
export interface CountedFew {
  readonly type: string;
  readonly topic: string;
  /** How many there are: at least 1. */
  readonly resources: number;
  /** What they add up to; people who used several count for each. */
  readonly sums: UseCountsList;
  /** The least that one of them has of each count. */
  readonly least: UseCountsList;
  /** The most that one of them has of each count. */
  readonly most: UseCountsList;
  /** The counts of one of them. */
  readonly one: UseCountsList;
}

/** A page with every cell known. */
export interface CountedPage extends Known<PageRow> {
  /** The resource that it shows, by id; empty if none. Of several the last. */
  readonly resource: string;
}

/** A department with every cell known. */
export type CountedDepartment = Known<DepartmentRow>;

/** An event with every cell known. */
export type CountedEvent = Known<EventRow>;

/** One cell of a grid: how many actions, of how many different people. */
export interface CountedCell {
  readonly actions: number;
  readonly people: number;
}

/** Terms that enough people searched for, and how many people the others are of. */
export interface CountedSearches {
  /** Most searched first; each of at least `people_min` people. */
  readonly rows: readonly SearchRow[];
  /** Different people who searched for any term that is not in `rows`. */
  readonly rest_people: number;
}

/**
 * What one Partner's month comes to, before anything is withheld. It stays in memory: only what is left of it after
 * withholding is frozen.
 */
export interface CountedFigures {
  readonly figures: Figures;
  /** Most unique requests first: all that are of enough people, and of the others those whose numbers could be known. */
  readonly top_resources: readonly CountedResource[];
  /** All other resources that were used. */
  readonly few_resources: readonly CountedFew[];
  readonly by_kind: readonly CountedUse[];
  readonly by_topic: readonly CountedUse[];
  readonly top_pages: readonly CountedPage[];
  /** All of them: their people add up to the Partner's. */
  readonly departments: readonly CountedDepartment[];
  readonly searches: CountedSearches;
  /** All of them: their attendees add up to `events_attended`. */
  readonly events: readonly CountedEvent[];
  /** `absence` is `null` or `key_rotation`; with it both are 0. */
  readonly newcomers: Known<Omit<Newcomers, "absence">> & Pick<Newcomers, "absence">;
  readonly engaged: Known<Omit<EngagedTime, "absence">>;
  /** `scorers` are the answers that gave a score, `score_sum` the sum of their scores, `people` how many people surely gave one. */
  readonly feedback: Pick<FeedbackSummary, "responses"> & Readonly<Record<"scorers" | "score_sum" | "people", number>>;
  /** Page views by weekday (0 = Monday) and hour of day, 7 x 24. */
  readonly weekday_hours: readonly (readonly CountedCell[])[];
  /** Counted actions by day of the month, from the 1st. */
  readonly days: readonly CountedCell[];
  readonly how_counted: HowCounted;
  readonly completeness: Completeness;
}
