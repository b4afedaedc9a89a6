import type { Absence } from "./absence.ts";
import type { AdditiveName, Figures } from "./figures.ts";
import type { Month } from "./ids.ts";
import type { DropReason } from "./verdict.ts";

/** A cell that may be withheld because it describes too few people; shown as "fewer than 5". */
export type Cell = number | null;

/** One resource, kind or topic of resource and how it was used in the month. */
export interface UseRow {
  /** Resource id, kind or topic. */
  readonly id: string;
  /** What people read: the latest title seen, or the id. */
  readonly title: string;
  /** Kind of resource (`guide`, `video` ...); empty for topics. */
  readonly type: string;
  readonly uniqueRequests: Cell;
  readonly totalRequests: Cell;
  readonly uniqueInvestigations: Cell;
  readonly totalInvestigations: Cell;
  readonly people: Cell;
}

/** One page and its views. */
export interface PageRow {
  readonly path: string;
  readonly title: string;
  readonly views: Cell;
  readonly people: Cell;
}

/** One department and its people's use. Everybody is in one: the last that was given for them in the month. */
export interface DepartmentRow {
  /** As in the token; empty if none was given. */
  readonly dept: string;
  readonly title: string;
  /** Active people: departments add up to the Partner's. */
  readonly people: Cell;
  readonly uniqueRequests: Cell;
  /** Counted actions: pages, downloads, plays, searches and attended events. */
  readonly actions: Cell;
}

/** What was searched for. Only terms of enough people are listed at all: a term may itself tell who searched. */
export interface SearchRow {
  /** Masked, in lower case, white space as single spaces. */
  readonly term: string;
  readonly searches: number;
  readonly people: number;
}

/** One webinar, meeting or course that was attended. */
export interface EventRow {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  /** `yyyy-mm-dd` of its first attendance, in the Partner's zone. */
  readonly date: string;
  readonly attendees: Cell;
}

/** What people thought, never a comment. */
export interface FeedbackSummary {
  readonly responses: number;
  /** Average of the scores given (1 to 5), to one decimal; `null` unless surely `people_min` people gave one. */
  readonly average: number | null;
  readonly absence: Absence | null;
}

/** Active people by whether they had been seen in the 12 months before. */
export interface Newcomers {
  readonly new_people: Cell;
  readonly returning_people: Cell;
  /** Why both are `null`; `null` if they are not. */
  readonly absence: Absence | null;
}

/**
 * Engaged time, "from N of M people who agreed": N is `engaged_people`, M `agreed_people`. N alone is `null` where only
 * those who agreed and were never engaged are few.
 */
export interface EngagedTime {
  readonly engaged_ms: Cell;
  readonly engaged_people: Cell;
  readonly agreed_people: Cell;
  /** Why any of them is `null`; `null` if none is. */
  readonly absence: Absence | null;
}

/** Figures that are set beside those of the peer group. */
export const PEER_FIGURES = ["Unique_Item_Requests", "active_people", "utilisation"] as const;

/** The name of a figure of a peer band. */
export type PeerFigure = (typeof PEER_FIGURES)[number];

/** Where the middle half of the peer group lies. No other Partner is named, nor which value is whose. */
export interface PeerBand {
  readonly figure: PeerFigure;
  /** Partners in the band, this one among them. */
  readonly partners: number;
  readonly lower_quartile: number;
  readonly median: number;
  readonly upper_quartile: number;
}

/** How far the record can be relied on, as far as that can honestly be known. */
export interface Completeness {
  /** The month was not over: for the operator's eyes, not to be handed out. What comes later makes the next version. */
  readonly provisional: boolean;
  /** Days of the month with anything acknowledged for the Partner; `null` where that could tell who was here. */
  readonly days_with_data: number | null;
  /** UTC days of the month, `yyyy-mm-dd`, on which nothing arrived for any Partner: nobody came, or nothing could arrive. */
  readonly silent_days: readonly string[];
  /** An event that reached the collector later than this was dropped. `null` if not recorded. */
  readonly late_hours_max: number | null;
  /** An attendance counts from so many minutes on. `null` if not recorded. */
  readonly attended_minutes_min: number | null;
}

/**
 * The way from what arrived to what is counted, to the unit: `received` = the sum of `dropped` + `double_clicks`
 * + the sum of `counted_by_purpose`. Distinct event ids, so that repeated delivery changes nothing.
 */
export interface HowCounted {
  readonly received: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  readonly double_clicks: number;
  readonly counted: number;
  readonly counted_by_purpose: { readonly engagement: number; readonly behaviour: number; readonly feedback: number };
}

/**
 * What is computed once at close and stored: no personal data in it.
 * Grids are in the Partner's zone.
 */
export interface FrozenFigures {
  readonly figures: Figures;
  readonly top_resources: readonly UseRow[];
  readonly by_kind: readonly UseRow[];
  readonly by_topic: readonly UseRow[];
  readonly top_pages: readonly PageRow[];
  readonly departments: readonly DepartmentRow[];
  readonly searches: readonly SearchRow[];
  readonly events: readonly EventRow[];
  readonly newcomers: Newcomers;
  readonly engaged: EngagedTime;
  readonly feedback: FeedbackSummary;
  /** Page views by weekday (0 = Monday) and hour of day, 7 x 24; empty if all of it is withheld. */
  readonly weekday_hours: readonly (readonly Cell[])[];
  /** Counted actions by day of the month, from the 1st; empty if all of them are withheld. */
  readonly days: readonly Cell[];
  readonly how_counted: HowCounted;
  readonly completeness: Completeness;
}

/** The Partner as it stood when the month was closed. */
export interface RecordPartner {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly seats: number | null;
  /** For the whole contract, in `currency` (ISO 4217); `null` and empty if not recorded. */
  readonly fee: number | null;
  readonly currency: string;
  readonly zone: string;
  /** `yyyy-mm-dd`, both inclusive; `null` while open-ended or not recorded. */
  readonly contract_start: string | null;
  readonly contract_end: string | null;
}

/** One closed month in the trend. */
export interface TrendMonth {
  readonly month: Month;
  readonly figures: Figures;
}

/** What the contract gives for what it costs. */
export interface Value {
  readonly utilisation: {
    /** Active people / seats, to four decimals. */
    readonly share: number | null;
    /** More active people than seats: to be said where it is shown. */
    readonly exceeds_seats: boolean;
    readonly absence: Absence | null;
  };
  readonly cost_per_use: {
    /** Per unique request, to two decimals. */
    readonly amount: number | null;
    /** The month's share of the fee, to two decimals. */
    readonly fee_share: number | null;
    readonly currency: string;
    readonly absence: Absence | null;
  };
  /** Empty where there are too few others: then `peers_absence` says so. */
  readonly peers: readonly PeerBand[];
  readonly peers_absence: Absence | null;
}

/** The month within its year, from closed records alone. */
export interface YearToDate {
  readonly basis: "contract year" | "calendar year";
  /** First month of the year. */
  readonly from: Month;
  /** Closed months that are summed, the record's own included. */
  readonly months: readonly Month[];
  /** Months of the year so far that were never closed: the sums lack them. */
  readonly missing: readonly Month[];
  /** Sums. Active people are not additive, so there is none of them. */
  readonly figures: Readonly<Record<AdditiveName, number>>;
  /** The same month a year before, if it is closed. */
  readonly same_month_last_year: Figures | null;
}

/** Parts that records of earlier releases do not have; they are empty or `null` there, which is no zero. */
export const LATER_PARTS = [
  "events_attended",
  "newcomers",
  "engaged",
  "by_topic",
  "departments",
  "searches",
  "events",
  "feedback",
  "peers",
] as const;

/** The name of a part that may not have been counted. */
export type LaterPart = (typeof LATER_PARTS)[number];

/**
 * A Record of Engagement: the one object that feeds the PDF, the JSON and the CSV.
 *
 * Never edited: what changes a closed month later makes the next `version`, with its `reason`.
 */
export interface RecordOfEngagement extends FrozenFigures {
  readonly schema: "roebuck.record/2";
  readonly partner: RecordPartner;
  readonly month: Month;
  readonly version: number;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly closed_at: string;
  /** First and last day of the month, `yyyy-mm-dd`, in the Partner's zone. */
  readonly period: { readonly begin: string; readonly end: string };
  /** Figures of the month before, if that month is closed. */
  readonly previous: Figures | null;
  /** Up to 13 closed months up to and including this one, oldest first. Months that were never closed are absent. */
  readonly trend: readonly TrendMonth[];
  readonly year: YearToDate;
  readonly value: Value;
  /** Events acknowledged since version 1 (late data) or, negative, gone since (rights); 0 for version 1. */
  readonly received_since_first_close: number;
  /** What the release that closed the month did not count. */
  readonly not_counted: readonly LaterPart[];
  /** Cells that describe fewer people than this are withheld. */
  readonly people_min: number;
}
