import type { Month } from "../schemas/ids.ts";
import { toOffsetMs } from "../schemas/zone.ts";
import { toMonthSpan } from "./month.ts";
import { DOUBLE_CLICK_MS_MAX, VISIT_GAP_MS_MAX } from "./snapshot.ts";

const HOUR_MS = 3_600_000;

/** One engagement event of a person, each id once. */
export interface PersonAction {
  readonly id: string;
  /** UTC. */
  readonly atMs: number;
  readonly type: string;
  readonly site: string;
  readonly path: string;
  /** Empty: the page is no resource. */
  readonly resource: string;
  readonly full: boolean;
}

/** One attendance of a person, each id once. */
export interface PersonAttendance {
  readonly event: string;
  /** UTC. */
  readonly atMs: number;
  readonly minutes: number;
}

/** A person's use of one resource. */
export interface PersonUse {
  readonly id: string;
  readonly Total_Item_Investigations: number;
  readonly Total_Item_Requests: number;
}

/** What one person did in one month, counted by the rules of the Partner's record. */
export interface PersonRecord {
  readonly figures: {
    readonly Total_Item_Investigations: number;
    readonly Total_Item_Requests: number;
    readonly Unique_Item_Investigations: number;
    readonly Unique_Item_Requests: number;
    readonly Searches_Platform: number;
    readonly page_views: number;
    readonly visits: number;
    readonly events_attended: number;
  };
  /** Most used first. */
  readonly resources: readonly PersonUse[];
  /** Ids of events attended long enough, in alphabetical order. */
  readonly events: readonly string[];
}

/**
 * Counts one person's month as a close counts a Partner's: of a Partner with nobody else it is the same. Pure.
 *
 * @param actions around the month: from 30 minutes before it to 30 seconds after it
 * @param attendedMinutesMin an attendance counts from so many minutes on
 * @see COUNTER 5.1, 7.2 and 7.3
 */
export function toPersonRecord(
  { month, zone }: { readonly month: Month; readonly zone: string },
  actions: readonly PersonAction[],
  attendances: readonly PersonAttendance[],
  attendedMinutesMin: number,
): PersonRecord {
  const { beginMs, endMs } = toMonthSpan(month, zone);
  const isInMonth = ({ atMs }: { readonly atMs: number }) => atMs >= beginMs && atMs < endMs;
  const kept = dropDoubleClicks(actions);
  const counted = kept.filter(isInMonth);
  const investigations = counted.filter(({ type, resource }) => resource !== "" && type !== "search");
  const requests = investigations.filter(({ full }) => full);
  const toSession = ({ atMs, resource }: PersonAction) =>
    `${Math.floor((atMs + toOffsetMs(zone, atMs)) / HOUR_MS)} ${resource}`;
  const events = toAttended(attendances.filter(isInMonth), attendedMinutesMin);
  return {
    figures: {
      Total_Item_Investigations: investigations.length,
      Total_Item_Requests: requests.length,
      Unique_Item_Investigations: new Set(investigations.map(toSession)).size,
      Unique_Item_Requests: new Set(requests.map(toSession)).size,
      Searches_Platform: counted.filter(({ type }) => type === "search").length,
      page_views: counted.filter(({ type }) => type === "page_view").length,
      visits: countVisits(kept, isInMonth),
      events_attended: events.length,
    },
    resources: toUses(investigations),
    events,
  };
}

/** The first of two goes; gaps slide. Searches have no such rule. */
function dropDoubleClicks(actions: readonly PersonAction[]): readonly PersonAction[] {
  const toLink = ({ type, site, path, resource }: PersonAction) => JSON.stringify([type, site, path, resource]);
  const links = Map.groupBy(actions, toLink);
  return [...links.values()].flatMap((link) => {
    const sorted = link.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    return sorted.filter(({ type, atMs }, at) => {
      const next = sorted[at + 1];
      return type === "search" || next === undefined || next.atMs - atMs > DOUBLE_CLICK_MS_MAX;
    });
  });
}

/** A visit belongs to the month of its first action. */
function countVisits(kept: readonly PersonAction[], isInMonth: (action: PersonAction) => boolean): number {
  const sorted = kept.toSorted((a, b) => a.atMs - b.atMs);
  return sorted.filter((action, at) => {
    const before = sorted[at - 1];
    return isInMonth(action) && (before === undefined || action.atMs - before.atMs > VISIT_GAP_MS_MAX);
  }).length;
}

function toAttended(attendances: readonly PersonAttendance[], minutesMin: number): readonly string[] {
  const long = attendances.filter(({ minutes }) => minutes >= minutesMin);
  return [...new Set(long.map(({ event }) => event))].sort();
}

function toUses(investigations: readonly PersonAction[]): readonly PersonUse[] {
  return [...Map.groupBy(investigations, ({ resource }) => resource)]
    .map(([id, some]) => ({
      id,
      Total_Item_Investigations: some.length,
      Total_Item_Requests: some.filter(({ full }) => full).length,
    }))
    .sort((a, b) => b.Total_Item_Investigations - a.Total_Item_Investigations || (a.id < b.id ? -1 : 1));
}
