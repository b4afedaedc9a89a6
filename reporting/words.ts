import { ABSENCES, type Absence } from "../schemas/absence.ts";
import { FIGURE_NAMES, type Figures } from "../schemas/figures.ts";
import type { Cell, RecordOfEngagement } from "../schemas/record.ts";

/** A longer name of a Partner is shortened within sentences. */
export const NAME_CHARACTERS_MAX = 120;

const COUNT = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** The days of the week in full, from Monday as the grids of a record have them. */
export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** A whole number as people read it, `12,345` (en-GB). */
export function toCountWords(count: number): string {
  return COUNT.format(count);
}

/** A number with its noun, `1 person`, `1,204 people`. */
export function toCountedWords(count: number, one: string, many: string): string {
  return `${toCountWords(count)} ${count === 1 ? one : many}`;
}

/** Why a number is not there, behind what it is of: `Utilisation: no licensed seats are recorded.` */
export function toAbsenceWords(what: string, absence: Absence): string {
  const reason = ABSENCES[absence];
  return `${what}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
}

/** A share as a whole percentage, `78%`. */
export function toShareWords(share: number): string {
  return `${toCountWords(share * 100)}%`;
}

/** An amount with its currency, `£1.25` (en-GB). Throws RangeError if `currency` is no ISO 4217 code. */
export function toMoneyWords(amount: number, currency: string): string {
  return new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(amount);
}

/** Milliseconds as hours and minutes, `41 hours 20 minutes`, `2 hours`; seconds only below a minute. */
export function toDurationWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes === 0) return toCountedWords(Math.round(ms / 1_000), "second", "seconds");
  const hours = Math.floor(minutes / 60);
  const rest = toCountedWords(minutes % 60, "minute", "minutes");
  if (hours === 0) return rest;
  const whole = toCountedWords(hours, "hour", "hours");
  return minutes % 60 === 0 ? whole : `${whole} ${rest}`;
}

/** A cell of a table: the number, or `fewer than 5` where it is withheld. `peopleMin` is the record's threshold. */
export function toCellWords(cell: Cell, peopleMin: number): string {
  return cell === null ? `fewer than ${peopleMin}` : toCountWords(cell);
}

/** The same where there is no room for words: `<5`. */
export function toCellMark(cell: Cell, peopleMin: number): string {
  return cell === null ? `<${peopleMin}` : toCountWords(cell);
}

/** `2026-10` as `October 2026`. Works for any `yyyy-mm...` text, so for dates too. */
export function toMonthWords(month: string): string {
  const [year = "", number = ""] = month.split("-");
  return `${toMonthNameOnly(number)} ${year}`;
}

/** `2026-10` as `Oct`. */
export function toMonthShort(month: string): string {
  return toMonthNameOnly(month.split("-")[1] ?? "").slice(0, 3);
}

/** `2026-11-03` as `3 November 2026`. */
export function toDateWords(date: string): string {
  return `${Number(date.slice(8, 10))} ${toMonthWords(date)}`;
}

/**
 * The calendar day of an instant in a zone, `3 November 2026`.
 *
 * @param instant ISO 8601
 * @param zone IANA name; throws RangeError for a zone that does not exist
 */
export function toDayWords(instant: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: zone }).format(new Date(instant));
}

/** Hours of a day from `hour`, `10:00 to 11:00`. */
export function toHourWords(hour: number): string {
  const at = (value: number) => `${String(value).padStart(2, "0")}:00`;
  return `${at(hour)} to ${at(hour + 1)}`;
}

/**
 * A change in words that need no colour: `up 12%`, `down less than 1%`, `no change`, `up from 0`.
 *
 * Beyond tenfold no percentage is given: of a small number it misleads.
 */
export function toChangeWords(now: number, before: number): string {
  if (now === before) return "no change";
  const direction = now > before ? "up" : "down";
  const share = Math.abs(now - before) / before;
  if (before === 0) return `${direction} from 0`;
  if (share > 9) return `${direction} more than tenfold`;
  if (share < 0.005) return `${direction} less than 1%`;
  // rounding would say of a little that it is nothing
  if (direction === "down" && now > 0 && share > 0.99) return "down more than 99%";
  return `${direction} ${toCountWords(share * 100)}%`;
}

/**
 * Text from outside as one harmless line: no control characters, no bidirectional or other invisible format
 * characters, no unpaired surrogates, white space as single spaces.
 */
export function toPlainText(text: string): string {
  return text
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, "")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** At most `charactersMax` characters, cut at a word where one is near, with an ellipsis where something is left out. */
export function toShortText(text: string, charactersMax: number): string {
  const characters = Array.from(text);
  if (characters.length <= charactersMax) return text;
  const cut = characters.slice(0, charactersMax - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${(space > cut.length * 0.6 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/**
 * The record in one sentence: who, how much, against the month before, and what was used most.
 *
 * Visits and use are told apart from the active people: who only opened pages made a visit and is not active, and a row
 * that is combined with no person is use by nobody who is counted.
 */
export function toSummaryWords(record: RecordOfEngagement): string {
  const { figures, previous, partner, how_counted } = record;
  const name = toShortText(toPlainText(partner.name) || partner.id, NAME_CHARACTERS_MAX);
  const month = toMonthWords(record.month);
  if (FIGURE_NAMES.every((figure) => figures[figure] === 0)) {
    const nothing =
      how_counted.counted === 0 ? "signed-in use of the website" : "page view, visit, search or attendance";
    return `In ${month}, no ${nothing} by people from ${name} was counted.`;
  }
  const times = toCountedWords(figures.Unique_Item_Requests, "time", "times");
  const first = `In ${month}, ${toActivityWords(figures, name)}, and resources were used in full ${times}`;
  return `${first}${toComparedWords(record, previous?.Unique_Item_Requests)}${toFavouriteWords(record)}.`;
}

function toActivityWords({ active_people, visits, page_views }: Figures, name: string): string {
  const made = `${toCountedWords(visits, "visit was", "visits were")} made`;
  if (active_people > 0)
    return `${toCountedWords(active_people, "person", "people")} from ${name} ${active_people === 1 ? "was" : "were"} active, ${made}`;
  return `nobody from ${name} was counted as active, ${made}, pages were opened ${toCountedWords(page_views, "time", "times")}`;
}

function toComparedWords(record: RecordOfEngagement, before: number | undefined): string {
  if (before === undefined) return "";
  const change = toChangeWords(record.figures.Unique_Item_Requests, before);
  if (change === "no change") return ", as in the month before";
  return change.includes("from") ? `, ${change} in the month before` : `, ${change} on the month before`;
}

/** Which shown resource was used most. A withheld one may have been used more: few people can use it often. */
function toFavouriteWords({ top_resources }: RecordOfEngagement): string {
  const top = top_resources[0];
  if (top === undefined || top.uniqueRequests === null || top.uniqueRequests === 0) return "";
  const where = top_resources.some(({ uniqueRequests }) => uniqueRequests === null) ? " of those shown" : "";
  return `; the resource used most${where} was “${toShortText(toPlainText(top.title) || top.id, 90)}”`;
}

function toMonthNameOnly(number: string): string {
  return MONTHS[Number(number) - 1] ?? number;
}
