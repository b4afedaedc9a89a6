import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { toDayBeginMs, toOffsetMs } from "../../schemas/zone.ts";

const DAY_MS = 86_400_000;
/** A complaint must be acknowledged within this many days of receipt (Data Protection Act 2018, s. 164A). */
const COMPLAINT_DAYS = 30;
/** How far a complex request can be extended, once, months. */
const EXTENSION_MONTHS = 2;

/** What a person can ask for. `complaint` is due when it must have been acknowledged. */
export const REQUEST_KINDS = {
  access: "Access and portability (GDPR Art. 15, 20)",
  rectification: "Rectification (GDPR Art. 16)",
  erasure: "Erasure (GDPR Art. 17)",
  restriction: "Restriction of processing (GDPR Art. 18)",
  objection: "Objection (GDPR Art. 21)",
  complaint: "Complaint",
} as const satisfies Record<string, string>;
/** One of the kinds of request. */
export type RequestKind = keyof typeof REQUEST_KINDS;

/**
 * The last instant at which a request is in time: the end of the same day of the next month as that of its receipt,
 * or of that month's last day where it is shorter; a complaint's acknowledgement, the end of the 30th day.
 *
 * @param receivedMs UTC
 * @param zone IANA zone in which days are counted
 * @see GDPR Art. 12(3); Regulation 1182/71, Art. 3
 */
export function toDueMs(kind: RequestKind, receivedMs: EpochMs, zone: string): EpochMs {
  const wallMs = toWallDay(receivedMs, zone);
  return toDayEndMs(zone, kind === "complaint" ? wallMs + COMPLAINT_DAYS * DAY_MS : toMonthsLater(wallMs, 1));
}

/** The due time of a complex request after its one extension: two months more (GDPR Art. 12(3)). */
export function toExtendedMs(dueMs: EpochMs, zone: string): EpochMs {
  return toDayEndMs(zone, toMonthsLater(toWallDay(dueMs, zone), EXTENSION_MONTHS));
}

/** The due time after the clock stood still between two instants: later by the days that were begun. A day begun is a day. */
export function toResumedMs(dueMs: EpochMs, stoppedMs: EpochMs, resumedMs: EpochMs, zone: string): EpochMs {
  const days = Math.ceil(Math.max(0, resumedMs - stoppedMs) / DAY_MS);
  return toDayEndMs(zone, toWallDay(dueMs, zone) + days * DAY_MS);
}

/** Midnight of the day as a clock in the zone shows it, in milliseconds as if that clock were UTC. */
function toWallDay(atMs: EpochMs, zone: string): number {
  return Math.floor((atMs + toOffsetMs(zone, atMs)) / DAY_MS) * DAY_MS;
}

function toDayEndMs(zone: string, wallMs: number): EpochMs {
  return toEpochMs(toDayBeginMs(zone, wallMs + DAY_MS) - 1);
}

function toMonthsLater(wallMs: number, months: number): number {
  const day = new Date(wallMs);
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day.getUTCDate(), lastDay));
}
