import type { RecordOfEngagement } from "../schemas/record.ts";
import { type CsvField, toCsvTables } from "./csv-tables.ts";
import { toPlainText } from "./words.ts";

/** Also after quotes, which an import may take off. */
const FORMULA = /^["'\s]*[=+\-@\t\r\n＝＋－＠]/u;

/**
 * The record as one CSV file: tables one after another, each under a line with its title and a line with its
 * column names, parted by an empty line.
 *
 * RFC 4180 (CRLF, quotes where needed), every line with the same number of fields, a byte order mark so that
 * spreadsheets read it as UTF-8. Numbers without separators. A text that a spreadsheet could take for a formula
 * is prefixed with `'` (OWASP, "CSV injection"); withheld cells read "fewer than 5".
 */
export function toCsv(record: RecordOfEngagement): string {
  const tables = toCsvTables(record).map(({ title, columns, rows }) => [[title], columns, ...rows]);
  return toText(tables.flatMap((table, index) => (index === 0 ? table : [[], ...table])));
}

/** The same tables in files of their own, by their names: column names first, then the rows. As safe as {@link toCsv}. */
export function toCsvFiles(record: RecordOfEngagement): ReadonlyMap<string, string> {
  return new Map(toCsvTables(record).map(({ file, columns, rows }) => [file, toText([columns, ...rows])]));
}

/** One field of a CSV line: harmless to spreadsheets, quoted where RFC 4180 asks for it. */
export function toField(value: CsvField): string {
  if (typeof value === "number") return String(value);
  const safe = toSafeText(value);
  return /[",\r\n]/.test(safe) ? toQuoted(safe) : safe;
}

/** A text as one plain line that no spreadsheet takes for a formula. */
export function toSafeText(value: string): string {
  const plain = toPlainText(value);
  return FORMULA.test(value) || FORMULA.test(plain) ? `'${plain}` : plain;
}

/** A field in quotes, its own doubled. */
export function toQuoted(field: string): string {
  return `"${field.replaceAll('"', '""')}"`;
}

function toText(lines: readonly (readonly CsvField[])[]): string {
  const fields = Math.max(...lines.map((line) => line.length));
  const text = lines.map((line) => Array.from({ length: fields }, (_, at) => toField(line[at] ?? "")).join(","));
  return `\uFEFF${text.join("\r\n")}\r\n`;
}
