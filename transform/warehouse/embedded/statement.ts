import { toException } from "./exceptions.ts";
import { isSymbol, isWord, skipBlank, type Token, toTokens } from "./tokens.ts";

/** An INSERT whose rows come with the request, in some format, rather than from a SELECT. */
export interface InsertRows {
  /** `INSERT INTO t (a, b)`: all before the settings and the format. */
  readonly into: string;
  /** What stood after SETTINGS, as written; empty if nothing. */
  readonly settings: string;
  /** Names of the settings given in the statement itself: these win over the request's. */
  readonly settingNames: readonly string[];
  readonly format: string;
  /** Where in the text the rows begin. */
  readonly rowsAt: number;
}

/** Any other statement: it ends where its text ends. */
export interface PlainStatement {
  /** The first word that says what it does, upper case: `SELECT` for WITH and FROM first, too. */
  readonly verb: string;
  /** Without the final semicolon, FORMAT, and the SETTINGS after it. */
  readonly sql: string;
  readonly format: string | undefined;
  /** What stood after FORMAT x SETTINGS, as written; empty if nothing. */
  readonly settingsAfterFormat: string;
  /** Names of the `{name:Type}` placeholders. */
  readonly placeholders: readonly string[];
  /** True for INSERT ... SELECT and the like, whose rows the engine finds itself. */
  readonly writes: boolean;
}

const READS = ["SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"];

/** Where data begins after `FORMAT name`: the server skips blanks and at most one line end. */
function rowsAfterFormat(text: string, end: number): number {
  let at = end;
  while (text[at] === " " || text[at] === "\t" || text[at] === "\f") at++;
  if (text[at] === ";") at++;
  if (text[at] === "\r") at++;
  if (text[at] === "\n") at++;
  return at;
}

/** The tokens of the target: `t`, `db.t`, `{t:Identifier}`, `FUNCTION f(...)`; returns the first that is none of it. */
function afterTarget(tokens: Iterator<Token>): Token | undefined {
  const next = () => tokens.next().value as Token | undefined; // the generator returns nothing, so a done value is undefined
  let token = next();
  if (isWord(token, "INTO")) token = next();
  if (isWord(token, "TABLE")) token = next();
  const isFunction = isWord(token, "FUNCTION");
  if (isFunction) token = next();
  token = isSymbol(token, "{") ? skipBrackets(token, next) : next();
  while (isSymbol(token, ".")) {
    token = next();
    token = isSymbol(token, "{") ? skipBrackets(token, next) : next();
  }
  return isFunction && isSymbol(token, "(") ? skipBrackets(token, next) : token;
}

function skipBrackets(open: Token | undefined, next: () => Token | undefined): Token | undefined {
  let token = next();
  while (token !== undefined && token.depth > (open?.depth ?? 0)) token = next();
  return next();
}

/**
 * Finds in an INSERT where its rows begin, reading no further than that.
 *
 * @param text the statement and perhaps its rows; rows may be any bytes (give bytes as latin1)
 * @returns nothing if this is no INSERT, or one without rows: from a SELECT, or not finished
 * @throws WarehouseException if it would read a file: that is a client's business, not the server's
 */
export function findInsertRows(text: string): InsertRows | undefined {
  const tokens = toTokens(text);
  if (!isWord(tokens.next().value as Token | undefined, "INSERT")) return undefined; // done values are undefined
  let token = afterTarget(tokens);
  let intoEnd: number | undefined;
  let settingsAt: number | undefined;
  const settingNames: string[] = [];
  let previous: Token | undefined;
  const rows = (format: string, endOfHead: number, rowsAt: number): InsertRows => ({
    into: text.slice(0, intoEnd ?? endOfHead).trimEnd(),
    settings: settingsAt === undefined ? "" : text.slice(settingsAt, endOfHead).trim(),
    settingNames,
    format,
    rowsAt,
  });
  for (; token !== undefined; token = tokens.next().value as Token | undefined) {
    if (isWord(token, "SELECT", "WITH", "WATCH")) return undefined;
    if (token.depth > 0) continue;
    if (isWord(token, "FROM", "INFILE"))
      throw toException("notImplemented", "INSERT FROM INFILE is not supported over HTTP");
    if (isWord(token, "VALUES")) return rows("Values", token.start, token.end);
    if (isWord(token, "FORMAT")) {
      const name = tokens.next().value as Token | undefined;
      if (name?.kind !== "word")
        throw toException("syntax", "Syntax error: FORMAT must be followed by the name of a format");
      return rows(name.text, token.start, rowsAfterFormat(text, name.end));
    }
    if (isWord(token, "SETTINGS")) {
      intoEnd = token.start;
      settingsAt = token.end;
    }
    if (isSymbol(token, "=") && settingsAt !== undefined && previous !== undefined) settingNames.push(previous.text);
    previous = token;
  }
  return undefined;
}

/** `FORMAT x [SETTINGS ...]` at the end of a statement, if it is there. */
function findFormat(tokens: readonly Token[]): number {
  for (let i = tokens.length - 2; i > 0; i--) {
    if (!isWord(tokens[i], "FORMAT") || tokens[i]?.depth !== 0 || tokens[i + 1]?.kind !== "word") continue;
    return i + 2 === tokens.length || isWord(tokens[i + 2], "SETTINGS") ? i : -1;
  }
  return -1;
}

function findVerb(tokens: readonly Token[]): string {
  const first = tokens.find((token) => !isSymbol(token, "("));
  const verb = first?.kind === "word" ? first.text.toUpperCase() : "";
  return verb === "WITH" || verb === "FROM" ? "SELECT" : verb;
}

function refuseSeveral(tokens: readonly Token[]): readonly Token[] {
  const end = tokens.findIndex((token) => isSymbol(token, ";"));
  if (end < 0) return tokens;
  if (tokens.slice(end).some((token) => !isSymbol(token, ";"))) {
    throw toException("syntax", "Syntax error (Multi-statements are not allowed)");
  }
  return tokens.slice(0, end);
}

function refuseOutfile(tokens: readonly Token[]): void {
  if (tokens.some((token, i) => isWord(token, "INTO") && isWord(tokens[i + 1], "OUTFILE"))) {
    throw toException("outfile", "INTO OUTFILE is not allowed");
  }
}

/**
 * Reads one statement far enough to send it on: what it does, in which format it answers, what it leaves open.
 *
 * @throws WarehouseException if there is none, or more than one, or it would write a file on this side
 */
export function parseStatement(text: string): PlainStatement {
  const tokens = refuseSeveral([...toTokens(text)]);
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) throw toException("syntax", "Syntax error: Empty query");
  refuseOutfile(tokens);
  const placeholders = tokens.flatMap((token, i) => {
    const name = tokens[i + 1];
    return isSymbol(token, "{") && name?.kind === "word" && isSymbol(tokens[i + 2], ":") ? [name.text] : [];
  });
  const verb = findVerb(tokens);
  const writes = !READS.includes(verb);
  const at = findFormat(tokens);
  const format = at < 0 ? undefined : tokens[at + 1]?.text;
  const afterFormat = at < 0 ? undefined : tokens[at + 2];
  const end = at < 0 ? last.end : (tokens[at - 1]?.end ?? last.end);
  return {
    verb,
    sql: text.slice(skipBlank(text, 0), end),
    format,
    settingsAfterFormat: afterFormat === undefined ? "" : text.slice(afterFormat.end, last.end).trim(),
    placeholders,
    writes,
  };
}
