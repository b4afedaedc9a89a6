/** What a piece of SQL text is, as far as the front must know: it never parses an expression. */
export interface Token {
  readonly kind: "word" | "quoted" | "string" | "number" | "symbol";
  /** The text as written; of a `quoted` identifier, the name inside the quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Brackets open around it: 0 at the outermost level; an opening and its closing bracket share a level. */
  readonly depth: number;
}

const SPACE = /[\s\0]+/y;
const LINE_COMMENT = /(?:--|#!|# )[^\n]*/y;
const WORD = /[A-Za-z_$\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /\d[\dA-Za-z_]*(?:\.\d[\dA-Za-z_]*)?/y;
/** Typographic quotes that ClickHouse takes as well, without escapes; what is in them must not be read as SQL. */
const CURLY_QUOTES = [
  ["\u2018", "\u2019", "string"],
  ["\u201c", "\u201d", "quoted"],
] as const;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;

function matchAt(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** Where the quoted piece that opens at `at` ends; the end of the text if it never closes. */
function quotedEnd(sql: string, at: number): number {
  const quote = sql[at];
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] === "\\") i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
}

/** Where a nested block comment that opens at `at` ends (ClickHouse nests them). */
function blockCommentEnd(sql: string, at: number): number {
  let open = 1;
  let i = at + 2;
  while (i < sql.length && open > 0) {
    const pair = sql.slice(i, i + 2);
    if (pair === "/*") open++;
    else if (pair === "*/") open--;
    i += pair === "/*" || pair === "*/" ? 2 : 1;
  }
  return i;
}

/** Where white space and comments from `at` on end. */
export function skipBlank(sql: string, at: number): number {
  let i = at;
  for (;;) {
    const blank = matchAt(SPACE, sql, i) ?? matchAt(LINE_COMMENT, sql, i);
    if (blank !== undefined) i += blank.length;
    else if (sql.startsWith("/*", i)) i = blockCommentEnd(sql, i);
    else return i;
  }
}

function tokenAt(sql: string, at: number): Omit<Token, "depth"> {
  const first = sql[at] ?? "";
  if (first === "'" || first === "`" || first === '"') {
    const end = quotedEnd(sql, at);
    const isClosed = end > at + 1 && sql[end - 1] === first;
    const inside = sql.slice(at + 1, isClosed ? end - 1 : end);
    return { kind: first === "'" ? "string" : "quoted", text: inside.replace(/\\(.)/gs, "$1"), start: at, end };
  }
  const curly = CURLY_QUOTES.find(([open]) => open === first);
  if (curly !== undefined) {
    const close = sql.indexOf(curly[1], at + 1);
    const end = close < 0 ? sql.length : close + 1;
    return { kind: curly[2], text: sql.slice(at + 1, close < 0 ? end : close), start: at, end };
  }
  const heredoc = matchAt(HEREDOC, sql, at);
  if (heredoc !== undefined) {
    const close = sql.indexOf(heredoc, at + heredoc.length);
    const end = close < 0 ? sql.length : close + heredoc.length;
    return { kind: "string", text: sql.slice(at + heredoc.length, close < 0 ? end : close), start: at, end };
  }
  const number = matchAt(NUMBER, sql, at);
  if (number !== undefined) return { kind: "number", text: number, start: at, end: at + number.length };
  const word = matchAt(WORD, sql, at);
  if (word !== undefined) return { kind: "word", text: word, start: at, end: at + word.length };
  return { kind: "symbol", text: first, start: at, end: at + 1 };
}

/**
 * Reads SQL piece by piece, without white space and comments.
 *
 * Lazy, because what follows `INSERT ... FORMAT X` is not SQL and may be any bytes: a caller that has found
 * where the rows begin just stops. Pure; text that is no SQL gives tokens too, and the engine says what is wrong.
 */
export function* toTokens(sql: string, from = 0): Generator<Token> {
  let depth = 0;
  for (let at = skipBlank(sql, from); at < sql.length; ) {
    const token = tokenAt(sql, at);
    const opens = token.kind === "symbol" && "([{".includes(token.text);
    if (token.kind === "symbol" && ")]}".includes(token.text)) depth = Math.max(0, depth - 1);
    yield { ...token, depth };
    if (opens) depth++;
    at = skipBlank(sql, token.end);
  }
}

/** True for an unquoted word, whatever its case. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === "word" && words.includes(token.text.toUpperCase());
}

/** True for a piece of punctuation. */
export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === "symbol" && token.text === symbol;
}
