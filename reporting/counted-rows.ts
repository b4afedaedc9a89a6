import type { HowCounted, SearchRow } from "../schemas/record.ts";
import { DROP_REASON_NAMES, type DropReason } from "../schemas/verdict.ts";
import type {
  CountedDepartment,
  CountedEvent,
  CountedFew,
  CountedFigures,
  CountedPage,
  CountedResource,
  CountedSearches,
  CountedUse,
} from "./counted.ts";

/** A row of `by_kind` or `by_topic`. 64-bit numbers come as text, here and below. */
export interface UseCounts {
  readonly id: string;
  readonly unique_requests: string;
  readonly total_requests: string;
  readonly unique_investigations: string;
  readonly total_investigations: string;
  readonly people: string;
}
/** A row of `top_resources`. */
export interface ResourceCounts extends UseCounts {
  readonly title: string;
  readonly type: string;
  readonly topic: string;
}
/** A row of `few_resources`. */
export type FewCounts = Readonly<Record<"sums" | "least" | "most" | "one", readonly string[]>> &
  Pick<ResourceCounts, "type" | "topic"> & { readonly resources: string };
/** A row of `top_pages`. */
export interface PageCounts {
  readonly path: string;
  readonly title: string;
  readonly views: string;
  readonly people: string;
  readonly resource: string;
}
/** A row of `departments`. */
export interface DepartmentCounts {
  readonly dept: string;
  readonly people: string;
  readonly unique_requests: string;
  readonly actions: string;
}
/** A row of `searches`. */
export interface SearchCounts {
  readonly term: string;
  readonly searches: string;
  readonly people: string;
}
/** A row of `events`. */
export interface EventCounts {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  /** Of the month, 0 = the 1st. */
  readonly day: number;
  readonly attendees: string;
}
/** The row of `newcomers`. */
export interface NewcomerCounts {
  readonly new_people: string;
  readonly returning_people: string;
  readonly epochs: string;
}
/** A row of `how_counted`. */
export interface PlaceCounts {
  readonly place: "engagement" | "behaviour" | "feedback" | "attendance" | "double_click" | "dropped";
  readonly reason: string;
  readonly value: string;
}

/** COUNTER's word for a Data_Type that was not given; ours for a topic. */
const UNSPECIFIED = "Unspecified";
const NO_DEPARTMENT = "Not given";

/** Nothing was measured of anybody. */
export const NONE_ENGAGED = { engaged_ms: "0", engaged_people: "0", agreed_people: "0" } as const;
/** Nobody answered. */
export const NONE_FEEDBACK = { responses: "0", scorers: "0", score_sum: "0", people: "0" } as const;

/** A kind or topic as counted. Pure, as all of these. */
export function toUse(row: UseCounts, type: string): CountedUse {
  return {
    id: row.id,
    title: row.id || UNSPECIFIED,
    type,
    uniqueRequests: Number(row.unique_requests),
    totalRequests: Number(row.total_requests),
    uniqueInvestigations: Number(row.unique_investigations),
    totalInvestigations: Number(row.total_investigations),
    people: Number(row.people),
  };
}

/** A resource as counted; without a title it goes by its id. */
export function toResource(row: ResourceCounts): CountedResource {
  return { ...toUse(row, row.type), title: row.title || row.id, topic: row.topic };
}

/** Resources of few people as counted. */
export function toFew({ type, topic, resources, sums, least, most, one }: FewCounts): CountedFew {
  const toNumbers = (values: readonly string[]) => values.map(Number);
  return {
    ...{ type, topic, resources: Number(resources), sums: toNumbers(sums) },
    ...{ least: toNumbers(least), most: toNumbers(most), one: toNumbers(one) },
  };
}

/** A page as counted; without a title it goes by its path. */
export function toPage({ path, title, views, people, resource }: PageCounts): CountedPage {
  return { path, title: title || path, views: Number(views), people: Number(people), resource };
}

/** A department as counted. */
export function toDepartment({ dept, people, unique_requests, actions }: DepartmentCounts): CountedDepartment {
  return {
    dept,
    title: dept || NO_DEPARTMENT,
    people: Number(people),
    uniqueRequests: Number(unique_requests),
    actions: Number(actions),
  };
}

/** The terms, and how many people the rest is of: that row has no term. */
export function toSearches(rows: readonly SearchCounts[]): CountedSearches {
  const toRow = ({ term, searches, people }: SearchCounts): SearchRow => ({
    term,
    searches: Number(searches),
    people: Number(people),
  });
  return {
    rows: rows.filter(({ term }) => term !== "").map(toRow),
    rest_people: Number(rows.find(({ term }) => term === "")?.people ?? 0),
  };
}

/** An event as counted. @param firstDay of the month, `yyyy-mm-01` */
export function toEvent({ id, title, kind, day, attendees }: EventCounts, firstDay: string): CountedEvent {
  const date = `${firstDay.slice(0, 8)}${String(Number(day) + 1).padStart(2, "0")}`;
  return { id, title: title || id, kind, date, attendees: Number(attendees) };
}

/** New and returning; unknown where pseudonyms were made with keys of more than one epoch. */
export function toNewcomers(row: NewcomerCounts | undefined): CountedFigures["newcomers"] {
  if (Number(row?.epochs ?? 0) > 1) return { new_people: 0, returning_people: 0, absence: "key_rotation" };
  return {
    new_people: Number(row?.new_people ?? 0),
    returning_people: Number(row?.returning_people ?? 0),
    absence: null,
  };
}

/** Engaged time as counted. */
export function toEngaged(row: Readonly<Record<keyof CountedFigures["engaged"], string>>): CountedFigures["engaged"] {
  return {
    engaged_ms: Number(row.engaged_ms),
    engaged_people: Number(row.engaged_people),
    agreed_people: Number(row.agreed_people),
  };
}

/** Answers as counted. */
export function toFeedback(
  row: Readonly<Record<keyof CountedFigures["feedback"], string>>,
): CountedFigures["feedback"] {
  return {
    responses: Number(row.responses),
    scorers: Number(row.scorers),
    score_sum: Number(row.score_sum),
    people: Number(row.people),
  };
}

/**
 * The trail, to the unit: received = dropped + double-clicks + counted, because each id has exactly one place.
 * Throws if the store has a reason that this release does not know.
 */
export function toHowCounted(rows: readonly PlaceCounts[]): HowCounted {
  const sum = (place: PlaceCounts["place"]) =>
    rows.reduce((total, row) => (row.place === place ? total + Number(row.value) : total), 0);
  const byReason = new Map(
    rows.filter(({ place }) => place === "dropped").map((row) => [row.reason, Number(row.value)]),
  );
  const unknown = [...byReason.keys()].find((reason) => !DROP_REASON_NAMES.includes(reason as DropReason)); // asks just that
  if (unknown !== undefined)
    throw new Error(`Cannot count drops: the store has the reason "${unknown}", which this release does not know`);
  const counted_by_purpose = {
    engagement: sum("engagement") + sum("attendance"),
    behaviour: sum("behaviour"),
    feedback: sum("feedback"),
  };
  const counted = counted_by_purpose.engagement + counted_by_purpose.behaviour + counted_by_purpose.feedback;
  const dropped = Object.fromEntries(
    DROP_REASON_NAMES.flatMap((reason) => {
      const events = byReason.get(reason) ?? 0;
      return events > 0 ? [[reason, events]] : [];
    }),
  );
  const double_clicks = sum("double_click");
  return { received: counted + double_clicks + sum("dropped"), dropped, double_clicks, counted, counted_by_purpose };
}
