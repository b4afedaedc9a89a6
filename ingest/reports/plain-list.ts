import { maskText } from "../mask.ts";
import { type AttendanceReport, type NamedEvent, type NamedUser, toEmails } from "./presence.ts";
import { type BadFile, type NamedRow, type Row, toBadFile, toHeading, toNamedRows } from "./rows.ts";

/** Columns of a plain list, in no order; one that says who is all that must be there. */
export const PLAIN_COLUMNS = [
  "user",
  "acct",
  "partner",
  "department",
  "email",
  "name",
  "event",
  "title",
  "kind",
  "date",
  "joined",
  "left",
  "minutes",
] as const;
const WHO = ["user", "email", "name"];

/** Tells whether the first line is the heading of a plain list. */
export function isPlainList(rows: readonly Row[]): boolean {
  const headings = toHeadings(rows);
  return headings.length > 0 && headings.every(isColumn) && headings.some((heading) => WHO.includes(heading));
}

/**
 * A list that somebody made: a heading with {@link PLAIN_COLUMNS}, then a row for each person or for each time that they
 * came. Pure, never throws.
 */
export function parsePlainList(rows: readonly Row[]): AttendanceReport | BadFile {
  const [heading, ...rest] = rows;
  const unknown = toHeadings(rows).filter((name) => !isColumn(name));
  if (heading === undefined || unknown.length > 0)
    return toBadFile(
      `the heading has the unknown ${maskText(unknown.join(", "), 300)}; it may have ${PLAIN_COLUMNS.join(",")}`,
      1,
    );
  if (!toHeadings(rows).some((name) => WHO.includes(name)))
    return toBadFile(`the heading must have one of ${WHO.join(", ")}`, 1);
  const named = toNamedRows(heading.cells, rest);
  return {
    format: "plain",
    event: { id: "", title: "", kind: "", started: "" },
    presences: named.map((row) => ({
      line: row.line,
      emails: toEmails(row.get("email")),
      names: [row.get("name")].filter((name) => name !== ""),
      joined: row.get("joined", "date"),
      left: row.get("left"),
      duration: row.get("minutes"),
      event: toEvent(row),
      ...toUser(row),
    })),
    leftOut: { hosts: 0, absent: 0, waiting: 0 },
    names: named.map((row) => row.get("name")).filter((name) => name !== ""),
  };
}

function toHeadings(rows: readonly Row[]): readonly string[] {
  return (rows[0]?.cells ?? []).map(toHeading).filter((heading) => heading !== "");
}

function isColumn(heading: string): boolean {
  return PLAIN_COLUMNS.some((column) => column === heading);
}

function toEvent(row: NamedRow): NamedEvent {
  return {
    id: row.get("event"),
    title: row.get("title"),
    kind: row.get("kind").toLowerCase(),
    started: row.get("date"),
  };
}

function toUser(row: NamedRow): { user?: NamedUser } {
  const sub = row.get("user");
  if (sub === "") return {};
  return { user: { sub, acct: row.get("acct"), ptn: row.get("partner"), dept: row.get("department") } };
}
