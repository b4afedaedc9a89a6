import { parse } from "csv-parse/sync";

/** Largest file that is read, bytes: it is read whole, in some seconds at most. A report of ten thousand people has some three million. */
export const FILE_BYTES_MAX = 16_777_216;

/** One line of a table, its cells without white space around them. */
export interface Row {
  /** From 1, as an editor counts. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** What is wrong in a file: line 0 stands for the file as a whole. */
export interface LineProblem {
  readonly line: number;
  readonly problem: string;
}

/** A file that cannot be read, with everything that is wrong with it. */
export interface BadFile {
  readonly problems: readonly LineProblem[];
}

/** A {@link BadFile} with one problem. */
export function toBadFile(problem: string, line = 0): BadFile {
  return { problems: [{ line, problem }] };
}

/** Tells a bad file from whatever else was read. */
export function isBadFile<T extends object>(outcome: T | BadFile): outcome is BadFile {
  return "problems" in outcome;
}

/**
 * The rows of a table as meeting tools and spreadsheets write it: UTF-8 or UTF-16 in either order, between tabs, commas or
 * semicolons. Empty lines are left out; rows may differ in length, since a report has several tables.
 *
 * Pure, never throws.
 */
export function parseRows(bytes: Uint8Array): readonly Row[] | BadFile {
  const text = decodeText(bytes);
  if (typeof text !== "string") return text;
  const rows: Row[] = [];
  try {
    parse(text, {
      delimiter: toDelimiter(text),
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { lines }) => {
        const trimmed = cells.map((cell) => cell.replace(/[\u00a0\u202f]/g, " ").trim());
        if (trimmed.some((cell) => cell !== "")) rows.push({ line: lines, cells: trimmed });
        return null;
      },
    });
  } catch (error) {
    const line = error instanceof Error && "lines" in error ? Number(error.lines) : 0;
    return toBadFile("a cell begins with a quotation mark and does not end; the file may be cut off", line);
  }
  return rows.length > 0 ? rows : toBadFile("the file is empty");
}

function decodeText(bytes: Uint8Array): string | BadFile {
  if (bytes.length > FILE_BYTES_MAX) return toBadFile(`the file is larger than ${FILE_BYTES_MAX} bytes; split it`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b)
    return toBadFile("the file is a workbook, not a table; save it as CSV UTF-8");
  try {
    // The decoder takes the byte-order mark off.
    return new TextDecoder(toEncoding(bytes), { fatal: true }).decode(bytes);
  } catch {
    return toBadFile("the file is neither UTF-8 nor UTF-16; save it as CSV UTF-8");
  }
}

function toEncoding(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first !== 0 && second === 0) return "utf-16le";
  return first === 0 && second !== 0 && bytes.length > 1 ? "utf-16be" : "utf-8";
}

/** The separator of the first line that has one: titles and headings of sections stand alone. */
function toDelimiter(text: string): string {
  for (const line of text.split("\n", 50)) {
    const bare = line.replace(/"(?:[^"]|"")*"/g, "");
    if (bare.includes("\t")) return "\t";
    const semicolons = bare.split(";").length;
    const commas = bare.split(",").length;
    if (semicolons + commas > 2) return semicolons > commas ? ";" : ",";
  }
  return ",";
}

/** A heading as headings are compared: small letters, single spaces. */
export function toHeading(cell: string): string {
  return cell
    .toLowerCase()
    .replace(/[\s_]+/g, " ")
    .trim();
}

/** A row by the names of its columns. */
export interface NamedRow {
  readonly line: number;
  /** The first of these columns that is there and not empty; otherwise empty. */
  get(...names: readonly string[]): string;
}

/** Rows by the headings of their table. Where a heading stands twice the later holds: tools put what is common first. */
export function toNamedRows(headings: readonly string[], rows: readonly Row[]): readonly NamedRow[] {
  const places = new Map(headings.map((heading, place) => [toHeading(heading), place]));
  return rows.map(({ line, cells }) => ({
    line,
    get(...names) {
      for (const name of names) {
        const place = places.get(name);
        const cell = place === undefined ? "" : (cells[place] ?? "");
        if (cell !== "" && cell !== "--" && cell !== "-") return cell;
      }
      return "";
    },
  }));
}
