import { toException } from "./exceptions.ts";
import { FORMAT_DEFAULT, isColumnar } from "./formats.ts";
import type { LaneName } from "./lanes.ts";
import { READER_VERBS } from "./read-access.ts";
import type { WarehouseRequest } from "./request.ts";
import type { InsertRows, PlainStatement } from "./statement.ts";
import { isWord, toTokens } from "./tokens.ts";
import { isPlainName, toAssignments, toStringLiteral } from "./values.ts";

/** What a user may do: everything; read the warehouse and nothing else on this machine; read the views and nothing else. */
export type Role = "admin" | "reader" | "analyst";

/** How a statement is to be run and answered. */
export interface Plan {
  readonly lane: LaneName;
  readonly sql: string;
  /** Settings that stand after the format, as a clause; empty if there are none. */
  readonly settings: string;
  readonly format: string;
  /**
   * `file`: the engine writes the whole result to a file first, so memory stays flat however large it is, and a
   * failure is known before anything leaves. `bytes`: a short answer, all at once.
   */
  readonly answer: "file" | "bytes";
  /** Whose reach the statement's tables, functions and settings must be held against before it runs. */
  readonly checkedAs: Exclude<Role, "admin"> | undefined;
  /** True if the session must not be used again. */
  readonly isLastOfSession: boolean;
}

/** What these change would outlive the request; a word that is no statement could be anything. */
const CHANGES_SESSION: readonly string[] = ["SET", "USE", ""];

/** A result that passes through a file, in bytes of its rows in memory: a query cannot fill the disk by mistake. */
export const RESULT_BYTES_MAX: number = 8 * 1024 ** 3;

function toLane(statement: PlainStatement, role: Role, readsOnly: boolean): LaneName {
  if (role === "analyst") return "analyst";
  if (role === "reader" || readsOnly) return "reader";
  return statement.writes ? "administration" : "read";
}

/**
 * A KILL QUERY as the engine in process needs it.
 *
 * The server knows a query by the id its sender gave; the engine gives its own, and keeps ours as the comment.
 * SYNC would wait for ever: in process an ended query stays listed until its session runs the next.
 */
function toKill(statement: PlainStatement): string {
  const tokens = [...toTokens(statement.sql)];
  if (statement.verb !== "KILL" || !isWord(tokens[1], "QUERY")) return statement.sql;
  return tokens.reduceRight((sql, token) => {
    const isId = isWord(token, "QUERY_ID", "INITIAL_QUERY_ID");
    const replacement = isId ? "Settings['log_comment']" : isWord(token, "SYNC") ? "ASYNC" : undefined;
    return replacement === undefined ? sql : `${sql.slice(0, token.start)}${replacement}${sql.slice(token.end)}`;
  }, statement.sql);
}

function toFormat(name: string): string {
  if (!isPlainName(name)) throw toException("unknownFormat", "The name of the format is not a format's name");
  return name;
}

/**
 * Decides how a statement other than an INSERT of rows is run.
 *
 * @throws WarehouseException if the user's role forbids it, or a placeholder has no value
 */
export function planStatement(statement: PlainStatement, request: WarehouseRequest, role: Role): Plan {
  if (role !== "admin" && !READER_VERBS.includes(statement.verb)) {
    throw toException("readonly", `${request.user}: Cannot execute query in readonly mode.`);
  }
  const missing = statement.placeholders.find((name) => !request.params.has(name));
  if (missing !== undefined) throw toException("unknownParameter", `Substitution \`${missing}\` is not set.`);
  const format = toFormat(statement.format ?? request.formatDefault ?? FORMAT_DEFAULT);
  const settings = statement.settingsAfterFormat === "" ? "" : `\nSETTINGS ${statement.settingsAfterFormat}`;
  return {
    lane: toLane(statement, role, request.readsOnly),
    sql: toKill(statement),
    settings,
    format,
    answer: statement.verb === "SELECT" && format !== "Null" ? "file" : "bytes",
    checkedAs: role === "admin" ? undefined : role,
    isLastOfSession: CHANGES_SESSION.includes(statement.verb) || (statement.writes && request.settings.size > 0),
  };
}

/** What stands before FORMAT for the engine to write the result to a file. */
export function toOutfile(path: string): string {
  return `INTO OUTFILE ${toStringLiteral(path)} `;
}

/** How rows in a file are inserted, and their number found. */
export interface InsertPlan {
  readonly sql: string;
  /** Counts the rows, where the insert itself does not tell; can run beside it. */
  readonly tally: string | undefined;
}

/**
 * Decides how rows that lie in a file are inserted.
 *
 * Either way has the meaning of an INSERT of these rows: columns by their names where the format has them, defaults
 * where a row is silent. Columns are read by `SELECT FROM file()` with the table's structure, which took a fifth less
 * time than `FROM INFILE` but does not say how many rows there were. Settings stand in the statement, where they
 * cannot outlive it: a deduplication token that stayed would silently swallow every later insert. Never
 * asynchronous: rows acknowledged are rows stored.
 *
 * @param settings of the request; the statement's own win
 */
export function planInsert(rows: InsertRows, path: string, settings: ReadonlyMap<string, string>): InsertPlan {
  const format = toFormat(rows.format);
  const others = new Map([...settings, ["async_insert", "0"]]);
  if (isColumnar(format)) others.set("use_structure_from_insertion_table_in_table_functions", "1");
  for (const name of rows.settingNames) others.delete(name);
  const all = [rows.settings, toAssignments(others)].filter((text) => text !== "").join("\n, ");
  const clause = all === "" ? "" : `SETTINGS ${all}\n`;
  // Line ends between the parts: one of them may end in a comment.
  if (!isColumnar(format)) {
    return { sql: `${rows.into}\nFROM INFILE ${toStringLiteral(path)} ${clause}FORMAT ${format}`, tally: undefined };
  }
  const file = `file(${toStringLiteral(path)}, ${toStringLiteral(format)})`;
  return { sql: `${rows.into}\n${clause}SELECT * FROM ${file}`, tally: `SELECT count() FROM ${file}` };
}
