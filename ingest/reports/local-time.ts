import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { toInstantMs, toZoneOffsets } from "../../schemas/zone.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NOON_MS = 12 * HOUR_MS;

/** Whether the day or the month stands first in dates such as 09/10/2026. */
export type DateOrder = "dmy" | "mdy";
const ORDERS: readonly DateOrder[] = ["dmy", "mdy"];

/** What tells how times of a file are to be read. */
export interface TimeRules {
  /** IANA zone of times that name none. */
  readonly zone: string;
  readonly nowMs: EpochMs;
  /** As the user said. */
  readonly order?: DateOrder | undefined;
  /** Day of the event, `yyyy-mm-dd`, as the user said. */
  readonly date?: string | undefined;
  /** Whether the user can name the day, with `--date`. */
  readonly takesDate?: boolean;
}

/** Reads a time of the file: UTC, or `undefined` if it is none. */
export type TimeReader = (text: string) => EpochMs | undefined;

/** A time as clocks showed it (milliseconds as if it were UTC), or an instant where the text names its zone. */
type Reading = { readonly wallMs: number; readonly isDay?: true } | { readonly instantMs: number };

/**
 * A reader for all times of one file.
 *
 * Tools write dates as whoever exported them is used to. Which of day and month stands first is decided for the file as
 * a whole: an order is out if it makes any of the times no date, one in the future where the other order makes another date
 * of it, or not the day that the user named.
 * If both orders are left and differ, the user must say which; nothing is guessed.
 *
 * A date alone stands for noon, so that it is the same day in all zones nearby; the date of today for now, until it is noon.
 * Pure, never throws.
 *
 * @param samples every time of the file; those that are none under any order do not count here
 */
export function createTimeReader(
  samples: readonly string[],
  rules: TimeRules,
): TimeReader | { readonly problem: string } {
  const toInstant = createInstants(rules.zone);
  const known = samples.filter((sample) => ORDERS.some((order) => parseReading(sample, order) !== undefined));
  const orders =
    rules.order === undefined ? ORDERS.filter((order) => isPossible(known, order, rules, toInstant)) : [rules.order];
  const [order, other] = orders;
  const isOpen = (sample: string) => toText(sample, order) !== toText(sample, other);
  if (order === undefined || (other !== undefined && known.some(isOpen))) {
    const sample = known.find((one) => other === undefined || isOpen(one)) ?? "";
    const why = order === undefined ? `"${sample}" is no possible date of this file` : `"${sample}" may be two dates`;
    const orDay = rules.takesDate === true ? ", or with --date the day" : "";
    return { problem: `${why}; say with --dates dmy or --dates mdy how its dates are written${orDay}` };
  }
  const seen = new Map<string, EpochMs | undefined>();
  return (text) => {
    if (!seen.has(text)) {
      const reading = parseReading(text, order);
      seen.set(text, reading === undefined ? undefined : toStarted(reading, toInstant, rules.nowMs));
    }
    return seen.get(text);
  };
}

/** Tells whether both orders make a date of it, and not the same. */
function isTwoDates(sample: string): boolean {
  const [one, other] = ORDERS.map((order) => toText(sample, order));
  return one !== undefined && other !== undefined && one !== other;
}

function isPossible(
  samples: readonly string[],
  order: DateOrder,
  { nowMs, date }: TimeRules,
  toInstant: ToInstant,
): boolean {
  const readings = samples.map((sample) => parseReading(sample, order));
  // A time that only one order makes a date of lies in the future whatever the order is, and tells nothing of it.
  const isSound = readings.every(
    (one, place) => one !== undefined && (toInstant(one) <= nowMs + DAY_MS || !isTwoDates(samples[place] ?? "")),
  );
  if (!isSound || date === undefined || readings.length === 0) return isSound;
  return readings.some((one) => one !== undefined && ("instantMs" in one || toDay(one.wallMs) === date));
}

function toText(sample: string, order: DateOrder | undefined): string {
  return order === undefined ? "" : JSON.stringify(parseReading(sample, order));
}

type ToInstant = (reading: Reading) => EpochMs;

/** Readings of a zone as instants. A day without a change of clocks is asked for once: asking takes a tenth of a millisecond. */
function createInstants(zone: string): ToInstant {
  const offsets = new Map<number, number | undefined>();
  return (reading) => {
    if ("instantMs" in reading) return toEpochMs(reading.instantMs);
    const day = Math.floor(reading.wallMs / DAY_MS);
    if (!offsets.has(day)) {
      const [first, ...changes] = toZoneOffsets(zone, (day - 1) * DAY_MS, (day + 2) * DAY_MS);
      offsets.set(day, changes.length === 0 ? first?.offsetMs : undefined);
    }
    const offsetMs = offsets.get(day);
    return offsetMs === undefined ? toInstantMs(zone, reading.wallMs) : toEpochMs(reading.wallMs - offsetMs);
  };
}

/** An instant; now for the noon of a day that has begun. What was told this morning is not of the future. */
function toStarted(reading: Reading, toInstant: ToInstant, nowMs: EpochMs): EpochMs {
  const instantMs = toInstant(reading);
  if (!("isDay" in reading) || instantMs <= nowMs) return instantMs;
  return toInstant({ wallMs: reading.wallMs - NOON_MS }) <= nowMs ? nowMs : instantMs;
}

function toDay(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const TIME = /[T,\s]*(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([ap])?\.?m?\.?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i;
const YEAR_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/;
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)$/;
const MONTH_FIRST = /^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})$/i;
const DAY_FIRST = /^(\d{1,2})[. -]+([a-z]{3,9})[. -]+(\d{4})$/i;

/** Reads one time under an order; `undefined` if it is no date of the calendar. */
function parseReading(text: string, order: DateOrder): Reading | undefined {
  const plain = text.replace(/[\s\u00a0\u202f]+/g, " ").trim();
  const time = TIME.exec(plain);
  const day = parseDay(plain.slice(0, time?.index ?? plain.length).trim(), order);
  if (day === undefined) return undefined;
  if (time === null) return { wallMs: day + NOON_MS, isDay: true };
  const ofDay = parseTimeOfDay(time);
  if (ofDay === undefined) return undefined;
  const zone = time[5]?.toUpperCase();
  if (zone === undefined) return { wallMs: day + ofDay };
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === "-" ? -1 : 1);
  return { instantMs: day + ofDay - offset };
}

function parseTimeOfDay([, hours = "", minutes = "", seconds = "0", half]: RegExpExecArray): number | undefined {
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  return hour * HOUR_MS + Number(minutes) * 60_000 + Number(seconds) * 1_000;
}

function parseDay(text: string, order: DateOrder): number | undefined {
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst !== null) return toDayMs(Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3]));
  const yearLast = YEAR_LAST.exec(text);
  if (yearLast !== null) {
    const [, first, mark, second, end = ""] = yearLast;
    const year = end.length === 2 ? 2_000 + Number(end) : Number(end);
    // Between dots the day stands first in every country that writes them.
    const isDayFirst = mark === "." || order === "dmy";
    return isDayFirst ? toDayMs(year, Number(second), Number(first)) : toDayMs(year, Number(first), Number(second));
  }
  const [, month, day, year] = MONTH_FIRST.exec(text) ?? swap(DAY_FIRST.exec(text)) ?? [];
  if (month === undefined) return undefined;
  return toDayMs(Number(year), MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1, Number(day));
}

function swap(found: RegExpExecArray | null): readonly (string | undefined)[] | undefined {
  return found === null ? undefined : [found[0], found[2], found[1], found[3]];
}

function toDayMs(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(year, month - 1, day);
  const isDay = new Date(ms).getUTCMonth() === month - 1 && new Date(ms).getUTCDate() === day;
  return isDay && month >= 1 && year >= 2_000 ? ms : undefined;
}
