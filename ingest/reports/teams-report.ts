import { type AttendanceReport, type Presence, toEmails, toNames } from "./presence.ts";
import { type BadFile, type NamedRow, type Row, toBadFile, toHeading, toNamedRows } from "./rows.ts";

const SECTION = /^(\d)\. /;

/** Tells whether it is an attendance report of Microsoft Teams: numbered sections, of which the second has the participants. */
export function isTeamsReport(rows: readonly Row[]): boolean {
  const isSection = (number: string) => rows.some(({ cells }) => SECTION.exec(cells[0] ?? "")?.[1] === number);
  return isSection("1") ? isSection("2") : rows.some(({ cells }) => /^2\. Participants/i.test(cells[0] ?? ""));
}

/**
 * The attendance report of a Teams meeting or webinar (as of 2026-11): sections `1. Summary`, `2. Participants` and
 * `3. In-Meeting Activities`, in UTF-16 between tabs. The third has a row for each time that somebody came, so it is what
 * is read; the second serves for those who are missing there, as where the organisation shows durations only.
 *
 * The organiser runs the event and is left out; in a meeting everybody else of the organisation is a presenter.
 * Pure, never throws.
 */
export function parseTeamsReport(rows: readonly Row[]): AttendanceReport | BadFile {
  const sections = toSections(rows);
  const [heading, ...people] = sections.get("2") ?? [];
  if (heading === undefined || !isHeading(heading))
    return toBadFile(
      'section "2. Participants" must begin with the heading Name, First Join, ...: export it in English',
    );
  const participants = toNamedRows(heading.cells, people);
  const [activityHeading, ...activities] = sections.get("3") ?? [];
  const stays = activityHeading === undefined ? [] : toNamedRows(activityHeading.cells, activities);
  const addresses = toAddresses(participants);
  const told = new Set(stays.map(toKey));
  const all = [...stays, ...participants.filter((row) => !told.has(toKey(row)))];
  const summary = new Map((sections.get("1") ?? []).map(({ cells }) => [toHeading(cells[0] ?? ""), cells[1] ?? ""]));
  const isWebinar = heading.cells.some((cell) => /regist/i.test(cell));
  return {
    format: "teams",
    event: {
      id: "",
      title: summary.get("meeting title") ?? summary.get("event title") ?? "",
      kind: isWebinar || summary.has("registered participants") ? "webinar" : "meeting",
      started: summary.get("start time") ?? "",
    },
    presences: all.filter((row) => !isHost(row)).map((row) => toPresence(row, addresses)),
    leftOut: { hosts: participants.filter(isHost).length, absent: 0, waiting: 0 },
    names: participants.flatMap((row) => toNames(row.get("name", "full name"))),
  };
}

function toSections(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const sections = new Map<string, Row[]>();
  let current: Row[] = [];
  for (const row of rows) {
    const number = SECTION.exec(row.cells[0] ?? "")?.[1];
    if (number === undefined) current.push(row);
    else {
      current = [];
      sections.set(number, current);
    }
  }
  return sections;
}

function isHeading({ cells }: Row): boolean {
  const headings = cells.map(toHeading);
  const isNamed = headings.includes("name") || headings.includes("full name");
  return isNamed && ["email", "first join", "role"].some((heading) => headings.includes(heading));
}

function isHost(row: NamedRow): boolean {
  return /^(?:co-?)?organi[sz]er$/i.test(row.get("role"));
}

function toKey(row: NamedRow): string {
  return (row.get("email") || row.get("name", "full name")).toLowerCase();
}

/**
 * Every address of a participant: the account's name is another where the e-mail address is an alias. Two people of one
 * name without an e-mail address cannot be told apart, so they have none.
 */
function toAddresses(participants: readonly NamedRow[]): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, readonly string[]>();
  for (const row of participants) {
    const own = toEmails(
      row.get("email"),
      row.get("registered email", "registration email"),
      row.get("participant id (upn)", "participant id"),
    );
    addresses.set(toKey(row), addresses.has(toKey(row)) && row.get("email") === "" ? [] : own);
  }
  return addresses;
}

function toPresence(row: NamedRow, addresses: ReadonlyMap<string, readonly string[]>): Presence {
  const total = row.get("in-meeting duration");
  return {
    line: row.line,
    emails: addresses.get(toKey(row)) ?? toEmails(row.get("email")),
    names: toNames(row.get("name", "full name")),
    joined: row.get("join time", "first join"),
    // Between the first join and the last leave somebody may have been away: the total knows.
    left: row.get("leave time", ...(total === "" ? ["last leave"] : [])),
    duration: row.get("duration", "in-meeting duration"),
  };
}
