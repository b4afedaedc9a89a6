import { type EpochMs, type SubjectRef, toEpochMs } from "../../schemas/ids.ts";
import { isHeld, isRefusal, type JournalState, type PartnerTerms, type PersonChoices } from "../../schemas/journal.ts";
import { toDayBeginMs, toOffsetMs } from "../../schemas/zone.ts";

const DAY_MS = 86_400_000;

/** Years without any interaction after which a person's choices are forgotten (privacy policy, "How long we keep data"). */
export const SILENT_YEARS = 2;
/** Years after a Partner has left when everything of it goes (same place). */
export const DEPARTED_YEARS = 3;
/** Hour (UTC) from which on the nightly work of a day is due. */
export const NIGHTLY_HOUR = 2;

/** The UTC day of an instant, `yyyy-mm-dd`. */
export function toUtcDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/**
 * The last UTC day whose rows must be gone: `retentionDays` before today. At 365 days nothing of day 1 is left on
 * day 366, and what is kept is 364 whole days and today.
 */
export function toLastExpiredDay(nowMs: EpochMs, retentionDays: number): string {
  return toUtcDay(nowMs - retentionDays * DAY_MS);
}

/** Name of a day's partition: `20260228` for `2026-02-28`. */
export function toPartitionName(day: string): string {
  return day.replaceAll("-", "");
}

/** How many days the rule is overdue for: whole UTC days between the oldest day that is there and the first that may be. 0: nothing is too old. */
export function toOverdueDays(oldestDay: string | undefined, nowMs: EpochMs, retentionDays: number): number {
  if (oldestDay === undefined) return 0;
  const last = Date.parse(`${toLastExpiredDay(nowMs, retentionDays)}T00:00:00Z`);
  return Math.max(0, Math.floor((last - Date.parse(`${oldestDay}T00:00:00Z`)) / DAY_MS) + 1);
}

/**
 * The same day of the calendar some years earlier or (negative) later, `yyyy-mm-dd`. Where there is no such day, 29
 * February, it is 1 March.
 */
export function toYearsBefore(day: string, years: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return toUtcDay(Date.UTC(year - years, month - 1, date));
}

/**
 * Tells whether a person who was last here on a UTC day is forgotten today: from the same day two calendar years later
 * on. Somebody last here on 29 February is forgotten from 1 March on, never before two full years.
 */
export function isSilent(lastDay: string, nowMs: EpochMs): boolean {
  return toYearsBefore(lastDay, -SILENT_YEARS) <= toUtcDay(nowMs);
}

/** The last UTC day on which somebody can have been here who is forgotten today. */
export function toLastSilentDay(nowMs: EpochMs): string {
  const today = toUtcDay(nowMs);
  const day = toYearsBefore(today, SILENT_YEARS);
  return isSilent(day, nowMs) ? day : toUtcDay(Date.parse(`${day}T00:00:00Z`) - DAY_MS);
}

/** When a person last decided anything, or something was last decided on their request, UTC. 0 if never. */
export function toLastChoiceMs(choices: PersonChoices): EpochMs {
  return toEpochMs(
    Math.max(
      0,
      ...choices.consents.map(({ atMs }) => atMs),
      ...choices.objections.values(),
      ...choices.rectifications.map(({ atMs }) => atMs),
      choices.restrictedMs ?? 0,
      choices.erasedMs ?? 0,
      ...choices.removals.values(),
    ),
  );
}

/** Tells whether there is anything that forgetting would remove. */
export function hasForgettable({ consents, rectifications }: PersonChoices): boolean {
  return rectifications.length > 0 || consents.some((change) => !isRefusal(consents, change));
}

/** Somebody whose choices could be forgotten, if their rows do not say otherwise. */
export interface SilentCandidate {
  readonly ref: SubjectRef;
  readonly choices: PersonChoices;
}

/**
 * The people whose choices are two years old and hold something that is forgotten: consents or rectifications. Whoever
 * is covered by a hold is not among them. Pure.
 */
export function planCandidates(state: JournalState, nowMs: EpochMs): readonly SilentCandidate[] {
  const candidates: SilentCandidate[] = [];
  for (const [ref, choices] of state.people) {
    if (!hasForgettable(choices)) continue;
    if (isHeld(state, choices.ptn)) continue;
    if (isSilent(toUtcDay(toLastChoiceMs(choices)), nowMs)) candidates.push({ ref, choices });
  }
  return candidates;
}

/**
 * When everything of a Partner that has left goes: midnight in its zone, three calendar years after the first day
 * without a contract. `undefined` while the contract runs.
 */
export function toDepartureMs({ zone, leftMs }: PartnerTerms): EpochMs | undefined {
  if (leftMs === undefined) return undefined;
  const day = toUtcDay(leftMs + toOffsetMs(zone, leftMs));
  return toDayBeginMs(zone, Date.parse(`${toYearsBefore(day, -DEPARTED_YEARS)}T00:00:00Z`));
}

/** A Partner whose time after leaving is over. */
export interface Departure {
  readonly partner: string;
  /** When its three years ended, UTC. */
  readonly dueMs: EpochMs;
  /** A hold keeps everything where it is. */
  readonly held: boolean;
}

/**
 * The Partners of which everything must go now, in the order of their ids. Pure.
 *
 * @param done by Partner: when everything of it last went, UTC
 */
export function planDepartures(
  state: JournalState,
  nowMs: EpochMs,
  done: ReadonlyMap<string, number>,
): readonly Departure[] {
  return [...state.partners.values()]
    .flatMap((terms) => {
      const dueMs = toDepartureMs(terms);
      if (dueMs === undefined || dueMs > nowMs || (done.get(terms.id) ?? 0) >= dueMs) return [];
      return [{ partner: terms.id, dueMs, held: isHeld(state, terms.id) }];
    })
    .toSorted((a, b) => (a.partner < b.partner ? -1 : 1));
}

/** Which Partners a hold covers now. */
export interface HeldScope {
  /** A hold on everyone's rows is on. */
  readonly all: boolean;
  readonly partners: readonly string[];
}

/** What the holds that are on cover. Pure. */
export function toHeldScope(state: JournalState): HeldScope {
  const holds = [...state.holds.values()];
  return {
    all: holds.some(({ partner }) => partner === undefined),
    partners: [...new Set(holds.flatMap(({ partner }) => (partner === undefined ? [] : [partner])))].toSorted(),
  };
}

/** The latest moment up to now at which nightly work became due, UTC. What has not been done since is due. */
export function toNightlyDueMs(nowMs: EpochMs): EpochMs {
  const today = nowMs - (nowMs % DAY_MS) + NIGHTLY_HOUR * 3_600_000;
  return toEpochMs(today <= nowMs ? today : today - DAY_MS);
}
