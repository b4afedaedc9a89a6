import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDERS, ROOT, readSources } from "./sources.ts";

/** One statement that ships, or a part of one: where it stands and its text without comments. */
export interface Statement {
  /** The file, from the root. */
  readonly path: string;
  readonly sql: string;
}

/** Every statement of the product: SQL files, literals in the code, and examples in the README. */
export function readStatements(): readonly Statement[] {
  return [
    ...readSqlFiles("reporting/queries"),
    ...readSqlFiles("schemas/migrations"),
    ...readLiterals(),
    ...readExamples(),
  ];
}

function readSqlFiles(folder: string): readonly Statement[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sql"))
    .flatMap((name) => {
      const path = join(folder, name);
      return toStatements(readFileSync(join(ROOT, path), "utf8")).map((sql) => ({ path, sql }));
    });
}

/** The statements of a script, without comments. */
export function toStatements(script: string): readonly string[] {
  return script
    .replace(/--.*$/gm, "")
    .split(";")
    .map((sql) => sql.trim())
    .filter((sql) => sql !== "");
}

function readLiterals(): readonly Statement[] {
  return readSources(FOLDERS).flatMap(({ path, text }) =>
    toLiterals(text)
      .filter((sql) => /\b(?:SELECT|INSERT INTO|ALTER TABLE|DELETE FROM|CREATE TABLE|FROM \w)/.test(sql))
      .map((sql) => ({ path, sql })),
  );
}

function readExamples(): readonly Statement[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  return [...readme.matchAll(/"(SELECT[^"]+)"|`(SELECT[^`]+)`|^((?:WITH|SELECT)\b[\s\S]*?)(?:;|```|\n\n)/gm)].map(
    (match) => ({
      path: "README.md",
      sql: match[1] ?? match[2] ?? match[3] ?? "",
    }),
  );
}

/**
 * The string and template literals of TypeScript text, each whole: what stands in the `${}` of a template, also
 * templates within it, is part of it.
 */
export function toLiterals(text: string): readonly string[] {
  const literals: string[] = [];
  let at = 0;
  while (at < text.length) {
    const end = toTokenEnd(text, at);
    const first = text[at];
    if (first === '"' || first === "'" || first === "`") literals.push(text.slice(at + 1, end - 1));
    at = end;
  }
  return literals;
}

/** Where the literal, comment, regular expression or single character that begins here ends. */
function toTokenEnd(text: string, at: number): number {
  const rest = text.slice(at, at + 2);
  if (rest === "//") return toIndex(text.indexOf("\n", at), text.length);
  if (rest === "/*") return toIndex(text.indexOf("*/", at), text.length - 2) + 2;
  if (text[at] === "/" && /(?:^|[(,=:[!&|?{};>]|\breturn)\s*$/.test(text.slice(Math.max(0, at - 40), at))) {
    return toExpressionEnd(text, at);
  }
  if (text[at] === "`") return toTemplateEnd(text, at);
  if (text[at] === '"' || text[at] === "'") return toStringEnd(text, at);
  return at + 1;
}

function toIndex(found: number, otherwise: number): number {
  return found < 0 ? otherwise : found;
}

function toStringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function toExpressionEnd(text: string, start: number): number {
  let isClass = false;
  for (let at = start + 1; at < text.length; at += text[at] === "\\" ? 2 : 1) {
    if (text[at] === "[") isClass = true;
    else if (text[at] === "]") isClass = false;
    else if (text[at] === "/" && !isClass) return at + 1;
  }
  return text.length;
}

function toTemplateEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== "`") {
    if (text[at] === "\\") at += 2;
    else if (text[at] === "$" && text[at + 1] === "{") at = toHoleEnd(text, at + 2);
    else at += 1;
  }
  return at + 1;
}

/** Where the `}` of a hole in a template is passed. */
function toHoleEnd(text: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < text.length && depth > 0) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}") depth -= 1;
    at = toTokenEnd(text, at);
  }
  return at;
}
