import type { WireAttendance } from "../../schemas/beacon.ts";
import { MINUTES_MAX } from "../../schemas/beacon.ts";
import { EVENT_KINDS } from "../../schemas/event.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import { toOffsetMs } from "../../schemas/zone.ts";
import { maskText } from "../mask.ts";
import { type Contact, type FindContact, toContact, toNameKey, type Unmatched } from "./contacts.ts";
import { createTimeReader, type DateOrder, type TimeReader, type TimeRules } from "./local-time.ts";
import { createTitleMask } from "./named-titles.ts";
import { type AttendanceReport, type NamedEvent, type Presence, parseDurationS } from "./presence.ts";
import { type BadFile, isBadFile, type LineProblem } from "./rows.ts";

/** What the user says of a report; it goes before what the file says. */
export interface ReportOptions {
  /** Id of the event. */
  readonly event?: string | undefined;
  readonly title?: string | undefined;
  readonly kind?: string | undefined;
  /** Day of the event, `yyyy-mm-dd`. */
  readonly date?: string | undefined;
  readonly dates?: DateOrder | undefined;
  /** Length of a stay where the file tells none, minutes. */
  readonly minutes?: number | undefined;
  readonly zone: string;
  readonly nowMs: EpochMs;
}

/** Somebody who attended and is nobody that the contacts know. */
export interface Unknown {
  readonly presence: Presence;
  readonly reason: Unmatched;
}

/** What a report comes to. */
export interface ReportedAttendances {
  /** One for each person and event, with the line of the person's first row. */
  readonly attendances: readonly { readonly line: number; readonly attendance: WireAttendance }[];
  /** Once for each person, as far as the file tells them apart. */
  readonly unmatched: readonly Unknown[];
  /** How many titles had somebody's name in them, which is masked now. */
  readonly namedTitles: number;
}

/**
 * One attendance for each person of a report and event: from the first join, as many minutes as they were there in all.
 *
 * Times of one person that overlap (a telephone beside a laptop) count once. Whole minutes, rounded down, so that a
 * threshold in minutes is reached and not nearly reached. Names that the report has are masked in titles of events, and
 * nothing else of it goes on but the user id that the contacts know.
 * Pure, never throws.
 */
export function toAttendances(
  report: AttendanceReport,
  find: FindContact,
  options: ReportOptions,
): ReportedAttendances | BadFile {
  const read = createTimeReader(toTimes(report), {
    ...options,
    order: options.dates,
    takesDate: true,
  } satisfies TimeRules);
  if ("problem" in read) return { problems: [{ line: 0, problem: read.problem }] };
  const problems: LineProblem[] = [];
  const unmatched = new Map<string, Unknown>();
  const stays = new Map<string, Stay[]>();
  const titles = createTitleMask(report.names);
  for (const presence of report.presences) {
    const contact = presence.user === undefined ? find(presence) : toContact(presence.user);
    if (typeof contact === "string") {
      if (presence.user !== undefined) problems.push({ line: presence.line, problem: contact });
      else unmatched.set(toPersonKey(presence), { presence, reason: contact as Unmatched }); // what find answers
      continue;
    }
    const stay = toStay(presence, contact, toEvent(report, presence, titles.mask, read, options), read, options);
    if (isBadFile(stay)) problems.push(...stay.problems);
    else {
      const key = JSON.stringify([contact.acct, contact.ptn, contact.sub, stay.event.id]);
      stays.set(key, [...(stays.get(key) ?? []), stay]);
    }
  }
  if (problems.length > 0) return { problems };
  return {
    attendances: [...stays.values()].map(toAttendance),
    unmatched: [...unmatched.values()],
    namedTitles: titles.masked(),
  };
}

interface Stay {
  readonly line: number;
  readonly contact: Contact;
  readonly event: { readonly id: string; readonly title: string; readonly kind: string };
  readonly atMs: number;
  /** Until when; absent where only the length is known. */
  readonly untilMs: number | undefined;
  readonly lengthMs: number;
}

function toTimes({ event, presences }: AttendanceReport): readonly string[] {
  const own = presences.flatMap(({ joined, left, event: theirs }) => [joined, left, theirs?.started ?? ""]);
  return [...new Set([event.started, ...own])].filter((time) => time !== "");
}

/** Without an address or name each row is a person of its own. */
function toPersonKey({ emails, names, line }: Presence): string {
  return emails[0] ?? toNameKey(names[0] ?? `line ${line}`);
}

function toStay(
  { line, joined, left, duration }: Presence,
  contact: Contact,
  event: ToldEvent,
  read: TimeReader,
  { minutes }: ReportOptions,
): Stay | BadFile {
  const bad = (problem: string): BadFile => ({ problems: [{ line, problem }] });
  const wrong = [joined, left].find((time) => time !== "" && read(time) === undefined);
  if (wrong !== undefined) return bad(`${toQuoted(wrong)} is not a time, such as 2026-11-24 10:05:00`);
  if (event.id === "") return bad("the event has no id and no title; give one with --event ID");
  if (event.kind === "") return bad(`the event is of no kind; say with --kind which: ${EVENT_KINDS.join(", ")}`);
  if (!EVENT_KINDS.some((kind) => kind === event.kind))
    return bad(`kind ${toQuoted(event.kind)} is not known: it must be one of ${EVENT_KINDS.join(", ")}`);
  const atMs = joined === "" ? event.startedMs : read(joined);
  if (atMs === undefined) return bad("there is no date; give one with --date yyyy-mm-dd");
  const untilMs = left === "" ? undefined : read(left);
  if (untilMs !== undefined && untilMs < atMs) return bad(`${toQuoted(left)} lies before the time of joining`);
  const told = duration === "" ? undefined : parseDurationS(duration);
  if (duration !== "" && told === undefined)
    return bad(`${toQuoted(duration)} is not a length, such as 55 or 1h 5m 3s`);
  const known = { line, contact, event, atMs };
  if (untilMs !== undefined && joined !== "") return { ...known, untilMs, lengthMs: untilMs - atMs };
  const seconds = told ?? (minutes === undefined ? undefined : minutes * 60);
  if (seconds === undefined) return bad("there is neither a length nor two times; --minutes N says how long");
  return { ...known, untilMs: undefined, lengthMs: seconds * 1_000 };
}

function toQuoted(value: string): string {
  return `"${maskText(value, 60)}"`;
}

function toAttendance(stays: readonly Stay[]): ReportedAttendances["attendances"][number] {
  const [first, ...rest] = [...stays].sort((one, other) => one.atMs - other.atMs);
  if (first === undefined) throw new Error("Cannot make an attendance of no stay: each person has one");
  const { contact, event, atMs } = first;
  const spans = [first, ...rest].flatMap((stay) =>
    stay.untilMs === undefined ? [] : [[stay.atMs, stay.untilMs] as const],
  );
  const lengths = [first, ...rest].map((stay) => (stay.untilMs === undefined ? stay.lengthMs : 0));
  const ms = toUnionMs(spans) + lengths.reduce((sum, length) => sum + length, 0);
  return {
    line: Math.min(...stays.map(({ line }) => line)),
    attendance: {
      at: atMs,
      user: {
        sub: contact.sub,
        acct: contact.acct,
        ...(contact.ptn === "" ? {} : { ptn: contact.ptn }),
        ...(contact.dept === "" ? {} : { dept: contact.dept }),
      },
      event: { id: event.id, title: event.title, kind: event.kind },
      minutes: Math.min(MINUTES_MAX, Math.floor(ms / 60_000)),
    },
  };
}

/** How long any of the spans lasted, milliseconds. @param spans in the order of their beginnings */
export function toUnionMs(spans: readonly (readonly [from: number, until: number])[]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [from, until] of spans) {
    total += Math.max(0, until - Math.max(from, reached));
    reached = Math.max(reached, until);
  }
  return total;
}

interface ToldEvent {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly startedMs: EpochMs | undefined;
}

function toEvent(
  report: AttendanceReport,
  presence: Presence,
  maskTitle: (title: string) => string,
  read: TimeReader,
  options: ReportOptions,
): ToldEvent {
  const own = presence.event;
  const pick = (field: keyof NamedEvent) => own?.[field] || report.event[field];
  const title = options.title ?? maskTitle(pick("title"));
  const started = read(pick("started")) ?? (options.date === undefined ? undefined : read(options.date));
  const day = toLocalDay(started ?? read(presence.joined), options.zone);
  const found = report.format === "plain" ? pick("id") : toEventId(report.format, pick("id"), title, day);
  return { id: options.event ?? found, title, kind: options.kind ?? pick("kind"), startedMs: started };
}

/**
 * An id for an event whose tool has none that is good enough: a Zoom number is that of a series, so the day goes with it;
 * Teams gives none at all, so the title does.
 */
function toEventId(format: string, id: string, title: string, day: string): string {
  if (id !== "") return day === "" ? id : `${id}-${day}`;
  const slug = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 80)
    .replace(/^-+|-+$/g, "");
  return slug === "" ? "" : [format.replace(/-.*/, ""), slug, day].filter((part) => part !== "").join("-");
}

function toLocalDay(atMs: EpochMs | undefined, zone: string): string {
  return atMs === undefined ? "" : new Date(atMs + toOffsetMs(zone, atMs)).toISOString().slice(0, 10);
}
