import { type AttendanceReport, type NamedEvent, type Presence, toEmails, toNames } from "./presence.ts";
import { type BadFile, type NamedRow, type Row, toBadFile, toHeading, toNamedRows } from "./rows.ts";

const NAME = ["user name (original name)", "name (original name)", "user name", "name"];
const EMAIL = ["email", "user email"];
const HOST = ["host", "host name", "host email"];
const HOST_MARK = /[([](?:me, ?)?(?:co-?)?host(?:, ?me)?[)\]]/i;
const SECTION = /^(?:host|panelist|attendee) details$|^other attended$/i;
const NO_EVENT: NamedEvent = { id: "", title: "", kind: "", started: "" };

/** Tells whether it is the attendee report of a Zoom webinar. */
export function isZoomWebinar(rows: readonly Row[]): boolean {
  return rows.some(({ cells }) => toHeading(cells[0] ?? "") === "attendee details");
}

/** Tells whether it is the participants report of a Zoom meeting. */
export function isZoomMeeting(rows: readonly Row[]): boolean {
  return rows.some(isParticipantsHeading);
}

/**
 * The attendee report of a Zoom webinar (as of 2026-11): a line on the webinar, then the sections `Host Details`,
 * `Panelist Details`, `Attendee Details` and, of those who telephoned, `Other Attended`, each with a heading of its own. A
 * row stands for one join; who registered and did not come has a row with `Attended` `No`.
 *
 * Hosts and panelists run the event and are left out. Pure, never throws.
 */
export function parseZoomWebinar(rows: readonly Row[]): AttendanceReport | BadFile {
  const sections = toSections(rows);
  const attendees = [...(sections.get("attendee details") ?? []), ...(sections.get("other attended") ?? [])];
  const hosts = [...(sections.get("host details") ?? []), ...(sections.get("panelist details") ?? [])];
  if (sections.get("attendee details") === undefined)
    return toBadFile('section "Attendee Details" must have a heading with "Email" and "Join Time"');
  const came = attendees.filter((row) => !/^no$/i.test(row.get("attended")));
  return {
    format: "zoom-webinar",
    event: { ...toEvent(rows), kind: "webinar" },
    presences: came.map(toPresence),
    leftOut: { hosts: countPeople(hosts), absent: attendees.length - came.length, waiting: 0 },
    names: [...attendees, ...hosts].flatMap((row) => toNames(row.get(...NAME))),
  };
}

/**
 * The participants report of a Zoom meeting (as of 2026-11), with or without the line on the meeting before it, a row for
 * each join or, with `Total duration (minutes)`, for each person; also the list over many meetings, where each row
 * names its own. Time in the waiting room is no attendance.
 *
 * Who held the meeting is left out: rows that Zoom marks `(Host)` or `(Co-host)`, and those with an address of the host.
 * A co-host whom it does not mark looks like everybody else.
 * Pure, never throws.
 */
export function parseZoomMeeting(rows: readonly Row[]): AttendanceReport | BadFile {
  const place = rows.findIndex(isParticipantsHeading);
  const heading = rows[place];
  if (heading === undefined) return toBadFile('the file must have a heading with "Name (original name)"');
  const participants = toNamedRows(heading.cells, rows.slice(place + 1));
  const isEach = heading.cells.some((cell) => toHeading(cell) === "topic");
  const isWaiting = (row: NamedRow) => /^yes$/i.test(row.get("in waiting room"));
  const hasCome = participants.filter((row) => !isWaiting(row) && (row.get(...NAME) || row.get(...EMAIL)) !== "");
  const event = toEvent(rows.slice(0, place));
  const held = new Set(isEach ? [] : [...toHeadAddresses(rows.slice(0, place)), ...toMarkedAddresses(hasCome)]);
  const isHost = (row: NamedRow) =>
    isMarkedHost(row) ||
    toEmails(row.get(...EMAIL)).some((email) => held.has(email) || toAddresses(row, HOST).includes(email));
  const guests = hasCome.filter((row) => !isHost(row));
  return {
    format: "zoom-meeting",
    event: { ...event, kind: "meeting" },
    presences: guests.map((row) => (isEach ? { ...toPresence(row), event: toOwnEvent(row) } : toPresence(row))),
    leftOut: {
      hosts: countPeople(hasCome.filter(isHost)),
      absent: 0,
      waiting: participants.filter(isWaiting).length,
    },
    names: [...participants.flatMap((row) => toNames(row.get(...NAME))), ...toHosts(rows.slice(0, place + 2))],
  };
}

function isParticipantsHeading({ cells }: Row): boolean {
  const headings = cells.map(toHeading);
  const isTimed = headings.some((heading) => /^(?:total )?duration \(minutes\)$/.test(heading));
  return (
    isTimed && (headings.includes("name (original name)") || (headings.includes("name") && headings.includes("guest")))
  );
}

/** Rows by section, each under the heading of its section. */
function toSections(rows: readonly Row[]): ReadonlyMap<string, readonly NamedRow[]> {
  const sections = new Map<string, readonly NamedRow[]>();
  for (const [place, row] of rows.entries()) {
    if (!isSection(row)) continue;
    const [heading, ...rest] = rows.slice(place + 1);
    const end = rest.findIndex(isSection);
    if (heading?.cells.some((cell) => /name|email/i.test(cell)))
      sections.set(toHeading(row.cells[0] ?? ""), toNamedRows(heading.cells, end < 0 ? rest : rest.slice(0, end)));
  }
  return sections;
}

function isSection({ cells }: Row): boolean {
  return SECTION.test(cells[0] ?? "") && cells.slice(1).every((cell) => cell === "");
}

/** The line under the heading that has a `Topic`. */
function toHead(rows: readonly Row[]): NamedRow | undefined {
  const place = rows.findIndex(({ cells }) => cells.some((cell) => toHeading(cell) === "topic"));
  const heading = rows[place];
  return heading === undefined ? undefined : toNamedRows(heading.cells, rows.slice(place + 1, place + 2))[0];
}

function toEvent(rows: readonly Row[]): NamedEvent {
  const head = toHead(rows);
  return head === undefined ? NO_EVENT : toOwnEvent(head);
}

/** Addresses of the host in the line on the meeting; the older form has them as `User Email`. */
function toHeadAddresses(rows: readonly Row[]): readonly string[] {
  const head = toHead(rows);
  return head === undefined ? [] : toAddresses(head, [...HOST, ...EMAIL]);
}

/** Addresses of whoever is marked in one row: the tool may not mark their others. */
function toMarkedAddresses(rows: readonly NamedRow[]): readonly string[] {
  return rows.filter(isMarkedHost).flatMap((row) => toEmails(row.get(...EMAIL)));
}

function isMarkedHost(row: NamedRow): boolean {
  return HOST_MARK.test(row.get(...NAME));
}

/** Every address in some cells, also beside a name: `Name (address)`. */
function toAddresses(row: NamedRow, columns: readonly string[]): readonly string[] {
  return columns.flatMap((column) => toEmails(...row.get(column).split(/[\s()<>,;]+/)));
}

function toOwnEvent(row: NamedRow): NamedEvent {
  return {
    id: toEventId(row.get("webinar id", "meeting id", "id")),
    title: row.get("topic"),
    kind: /webinar/i.test(row.get("type")) ? "webinar" : "",
    started: row.get("actual start time", "start time"),
  };
}

/** In groups with hyphens, since eleven digits in a row would be masked as a telephone number. */
function toEventId(id: string): string {
  const digits = id.replace(/\D/g, "");
  if (digits === "") return "";
  return `zoom-${digits.replace(/^(\d{3})(\d{3,4})(\d{4})$/, "$1-$2-$3")}`;
}

/** The name of the host in the line on the meeting, `Name (address)`; a topic often has it. */
function toHosts(rows: readonly Row[]): readonly string[] {
  const place = rows.findIndex(({ cells }) => cells.some((cell) => toHeading(cell) === "topic"));
  const heading = rows[place];
  if (heading === undefined) return [];
  return toNamedRows(heading.cells, rows.slice(place + 1)).flatMap((row) => toNames(row.get("host", "host name")));
}

function countPeople(rows: readonly NamedRow[]): number {
  return new Set(rows.map((row) => row.get(...EMAIL).toLowerCase() || toNames(row.get(...NAME))[0])).size;
}

function toPresence(row: NamedRow): Presence {
  return {
    line: row.line,
    emails: toEmails(row.get(...EMAIL)),
    names: toNames(row.get(...NAME)),
    joined: row.get("join time"),
    left: row.get("leave time"),
    duration: row.get(
      "time in session (minutes)",
      "time in session(minutes)",
      "total duration (minutes)",
      "duration (minutes)",
    ),
  };
}
