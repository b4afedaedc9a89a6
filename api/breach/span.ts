import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { toLastExpiredDay, toUtcDay } from "../clocks/due.ts";
import { UsageError } from "../command-io.ts";

/** What is asked about an incident: what lay in the stores while it lasted, or only what was collected in that time. */
export const BREACH_VIEWS = ["exposed", "collected"] as const;
/** One of the two. */
export type BreachView = (typeof BREACH_VIEWS)[number];

/** The time of an incident, both ends included, UTC. */
export interface BreachSpan {
  readonly fromMs: EpochMs;
  readonly untilMs: EpochMs;
}

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;
const FORM =
  "it must be a day (yyyy-mm-dd, UTC), a time with its zone such as 2026-11-20T14:30Z or 2026-11-20T14:30+01:00, or now";

/**
 * Reads the two ends of an incident. A day means its first moment as the begin and its last as the end, UTC; an end
 * later than now is now, because nothing of later can be told. Pure.
 *
 * @throws UsageError naming the flag, the value and what is asked for
 */
export function parseSpan(from: string, until: string, nowMs: EpochMs): BreachSpan {
  const fromMs = parseTime("from", from, nowMs, 0);
  const untilMs = parseTime("until", until, nowMs, DAY_MS - 1);
  if (fromMs > nowMs)
    throw new UsageError(`Cannot use --from "${from}": it lies after now (${toTime(nowMs)}); nothing is known of it.`);
  if (fromMs > untilMs)
    throw new UsageError(
      `Cannot use --from "${from}" with --until "${until}": the begin lies after the end. Swap them, or look at their zones.`,
    );
  return { fromMs, untilMs: toEpochMs(Math.min(untilMs, nowMs)) };
}

function parseTime(flag: string, text: string, nowMs: EpochMs, dayPartMs: number): EpochMs {
  if (text === "now") return nowMs;
  const day = text.slice(0, 10);
  const ms = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) + dayPartMs : TIME.test(text) ? Date.parse(text) : NaN;
  // The engine takes 31 April for 1 May.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;
  if (Number.isNaN(ms) || !isDay || ms < 0) throw new UsageError(`Cannot use --${flag} "${text}": ${FORM}.`);
  return toEpochMs(ms);
}

/** What the queries of a report ask for: events that happened in this time, both ends included, UTC. Pure. */
export function toEventSpan(view: BreachView, { fromMs, untilMs }: BreachSpan): BreachSpan {
  // What lay there in the span had happened before its end; how old it may be is the purge's affair.
  return view === "exposed" ? { fromMs: toEpochMs(0), untilMs } : { fromMs, untilMs };
}

/** Days, first and last, `yyyy-mm-dd`, UTC. */
export interface DaySpan {
  readonly first: string;
  readonly last: string;
}

/**
 * The days whose rows lay in the store when the incident began (or, for `collected`, were collected in it) and have
 * had their time since: they are deleted and cannot be counted. `undefined` if there are none. Pure.
 *
 * @param firstDay the first day that anything can have been stored of, UTC: no day before it was ever there; `undefined`
 * if nothing ever was
 */
export function toGoneDays(
  view: BreachView,
  { fromMs, untilMs }: BreachSpan,
  nowMs: EpochMs,
  retentionDays: number,
  firstDay: string | undefined,
): DaySpan | undefined {
  if (firstDay === undefined) return undefined;
  const lastExpired = toLastExpiredDay(nowMs, retentionDays);
  const dayAfter = (day: string) => toUtcDay(Date.parse(`${day}T00:00:00Z`) + DAY_MS);
  const asked = view === "exposed" ? dayAfter(toLastExpiredDay(fromMs, retentionDays)) : toUtcDay(fromMs);
  const first = asked < firstDay ? firstDay : asked;
  const [last = lastExpired] = [toUtcDay(untilMs), lastExpired].toSorted();
  return first <= last ? { first, last } : undefined;
}

/** An instant in the words of a notice: `2026-11-20 14:30:00 UTC`. Pure. */
export function toTime(ms: EpochMs): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
