import { createHash } from "node:crypto";
import type { EpochMs } from "../../schemas/ids.ts";
import { maskText } from "../mask.ts";
import { type Contact, type FindContact, toContact, type Unmatched } from "./contacts.ts";
import { FEEDBACK_FIELDS, type FeedbackField, type FeedbackMap } from "./feedback-map.ts";
import { createTimeReader, type DateOrder, type TimeReader } from "./local-time.ts";
import { type Presence, toEmails, toNames } from "./presence.ts";
import {
  type BadFile,
  isBadFile,
  type LineProblem,
  type NamedRow,
  parseRows,
  toBadFile,
  toHeading,
  toNamedRows,
} from "./rows.ts";
import { type Scale, toScore } from "./score-scale.ts";

/** What the user says of a file of feedback. */
export interface FeedbackOptions {
  readonly map: FeedbackMap;
  readonly scale: Scale;
  /** What all lines are about, where they do not say. */
  readonly resource?: string | undefined;
  readonly event?: string | undefined;
  /** The Partner of lines that name none. */
  readonly partner?: string | undefined;
  readonly dates?: DateOrder | undefined;
  readonly zone: string;
  readonly nowMs: EpochMs;
}

/** One line of feedback, ready to be sealed. Lives in memory only. */
export interface ToldFeedback {
  readonly line: number;
  readonly atMs: EpochMs;
  /** Who gave it; nobody of a Partner where that is all that is known. */
  readonly person: Contact | { readonly nobodyOf: string };
  /** Ids; empty if it is not about one. */
  readonly resource: string;
  readonly event: string;
  /** 1-5. */
  readonly score?: number;
  /** As it was written. */
  readonly comment: string;
  /** What makes it the same feedback when the file is given again: the line, and what it is about. */
  readonly sameAs: string;
  /** Whether the line names its Partner, so that `sameAs` has it. */
  readonly namesPartner: boolean;
}

/** What a file of feedback comes to. */
export interface FeedbackFile {
  readonly feedback: readonly ToldFeedback[];
  readonly unmatched: readonly {
    readonly presence: Pick<Presence, "line" | "emails" | "names">;
    readonly reason: Unmatched;
  }[];
  /** Lines without a score and a comment. */
  readonly empty: number;
  /** Lines of nobody and of no Partner: there is no lawful basis for these. */
  readonly ofNobody: number;
}

/**
 * Reads a CSV of feedback that people gave elsewhere: in a survey, after a course. Who gave it is optional. A line that
 * names nobody who is known is a Partner's if the line or the user says so, and left out otherwise.
 *
 * Pure, never throws.
 */
export function parseFeedback(bytes: Uint8Array, find: FindContact, options: FeedbackOptions): FeedbackFile | BadFile {
  const named = toMappedRows(bytes, options.map);
  if (isBadFile(named)) return named;
  const { rows, get } = named;
  const times = rows.map((row) => get(row, "date")).filter((time) => time !== "");
  const read = createTimeReader(times, { ...options, order: options.dates });
  if ("problem" in read) return toBadFile(read.problem);
  const problems: LineProblem[] = [];
  const feedback: ToldFeedback[] = [];
  const unmatched: FeedbackFile["unmatched"][number][] = [];
  const isEmpty = (row: NamedRow) => get(row, "score") === "" && get(row, "comment") === "";
  const filled = rows.filter((row) => !isEmpty(row));
  for (const row of filled) {
    const who = toWho(row, get, find, options.partner ?? "");
    const told = toTold(row, get, who.person, read, options);
    if ("problem" in told) problems.push({ line: row.line, problem: told.problem });
    else if (told.person !== undefined) feedback.push({ ...told, person: told.person });
    if (who.unmatched !== undefined) unmatched.push(who.unmatched);
  }
  if (problems.length > 0) return { problems };
  return { feedback, unmatched, empty: rows.length - filled.length, ofNobody: filled.length - feedback.length };
}

/** One line, or what is wrong in it. */
function toTold(
  row: NamedRow,
  get: Get,
  person: Who["person"],
  read: TimeReader,
  options: FeedbackOptions,
):
  | (Omit<ToldFeedback, "person"> & { readonly person: ToldFeedback["person"] | undefined })
  | { readonly problem: string } {
  const { min, max } = options.scale;
  const date = get(row, "date");
  const atMs = read(date);
  if (date === "") return { problem: "there is no date" };
  if (atMs === undefined) return { problem: `"${maskText(date, 60)}" is not a time, such as 2026-11-24 10:05:00` };
  const given = get(row, "score");
  const score = parseScore(given, options.scale);
  if (score === false)
    return {
      problem: `"${maskText(given, 60)}" is no score from ${min} to ${max}: it must be digits, such as ${max} or ${min}.5; --scale says which scale it is`,
    };
  const resource = get(row, "resource") || (options.resource ?? "");
  const event = get(row, "event") || (options.event ?? "");
  if (resource === "" && event === "")
    return { problem: "it is about nothing: map resource or event, or give --resource ID or --event ID" };
  if (typeof person === "string") return { problem: person };
  return {
    line: row.line,
    atMs,
    person,
    resource,
    event,
    ...(score === undefined ? {} : { score }),
    comment: get(row, "comment"),
    sameAs: JSON.stringify([resource, event, ...FEEDBACK_FIELDS.map((field) => get(row, field))]),
    namesPartner: get(row, "partner") !== "",
  };
}

type Get = (row: NamedRow, field: FeedbackField) => string;

/** Rows and how to read a field of one: by the map, or by columns that are named as the fields are. */
function toMappedRows(
  bytes: Uint8Array,
  map: FeedbackMap,
): { readonly rows: readonly NamedRow[]; readonly get: Get } | BadFile {
  const rows = parseRows(bytes);
  if (isBadFile(rows)) return rows;
  const [heading, ...rest] = rows;
  const headings = (heading?.cells ?? []).map(toHeading);
  const missing = Object.values(map).filter((column) => !headings.includes(toHeading(column)));
  if (missing.length > 0)
    return toBadFile(
      `there is no column "${missing.join('", "')}"; the heading has "${maskText(headings.join('", "'), 1_000)}"`,
      1,
    );
  const columns = new Map(
    FEEDBACK_FIELDS.flatMap((field) => {
      const column = map[field] ?? (Object.keys(map).length === 0 && headings.includes(field) ? field : undefined);
      return column === undefined ? [] : [[field, toHeading(column)] as const];
    }),
  );
  if (!columns.has("date") || !(columns.has("score") || columns.has("comment")))
    return toBadFile("there must be a date, and a score or a comment; --map says which columns they are in", 1);
  const get: Get = (row, field) => {
    const column = columns.get(field);
    return column === undefined ? "" : row.get(column);
  };
  return { rows: toNamedRows(heading?.cells ?? [], rest), get };
}

/** 1-5; `undefined` if there is none, `false` if it is none of the scale. */
function parseScore(text: string, scale: Scale): number | undefined | false {
  if (text === "") return undefined;
  // Number() alone would take 0x5 and 5e0, which nobody gives as a score.
  if (!/^\d+(?:[.,]\d+)?$/.test(text)) return false;
  const given = Number(text.replace(",", "."));
  return given >= scale.min && given <= scale.max ? toScore(given, scale) : false;
}

interface Who {
  /** A text says what is wrong; `undefined`: nobody and of no Partner. */
  readonly person: ToldFeedback["person"] | string | undefined;
  readonly unmatched?: FeedbackFile["unmatched"][number];
}

function toWho(row: NamedRow, get: Get, find: FindContact, partner: string): Who {
  const ptn = get(row, "partner") || partner;
  const nobody = ptn === "" ? undefined : { nobodyOf: ptn };
  const sub = get(row, "user");
  if (sub !== "") {
    const acct = get(row, "acct");
    const own = /^(?:subscriber|public)$/i.test(acct) ? get(row, "partner") : ptn;
    return { person: toContact({ sub, acct, ptn: own, dept: get(row, "department") }) };
  }
  const presence = { line: row.line, emails: toEmails(get(row, "email")), names: toNames(get(row, "name")) };
  if (presence.emails.length === 0 && presence.names.length === 0) return { person: nobody };
  const found = find(presence);
  return typeof found === "string" ? { person: nobody, unmatched: { presence, reason: found } } : { person: found };
}

/** A short number for a text, to count repetitions by without keeping it. */
export function toDigest(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}
