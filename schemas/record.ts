import type { Figures } from "./figures.ts";
import type { Month } from "./ids.ts";
import type { DropReason } from "./verdict.ts";

/** A cell that may be withheld because it describes too few people; shown as "fewer than 5". */
export type Cell = number | null;

/** One resource, kind of resource or page and how it was used in the month. */
export interface UseRow {
  /** Resource id, kind or path. */
  readonly id: string;
  /** What people read: the latest title seen, or the id. */
  readonly title: string;
  /** Kind of resource (`guide`, `video` ...); empty for pages that are none. */
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
  readonly top_pages: readonly PageRow[];
  /** Page views by weekday (0 = Monday) and hour of day, 7 x 24. */
  readonly weekday_hours: readonly (readonly number[])[];
  /** Counted actions by day of the month, from the 1st. */
  readonly days: readonly number[];
  readonly how_counted: HowCounted;
}

/** The Partner as it stood when the month was closed. */
export interface RecordPartner {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly seats: number | null;
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

/**
 * A Record of Engagement: the one object that feeds the PDF, the JSON and the CSV.
 *
 * Never edited: what changes a closed month later makes the next `version`, with its `reason`.
 */
export interface RecordOfEngagement extends FrozenFigures {
  readonly schema: "roebuck.record/1";
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
  /** Cells that describe fewer people than this are withheld. */
  readonly people_min: number;
}
