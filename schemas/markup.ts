const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;
/** Marks that turn the order of letters around: a name must not be able to show as another. */
const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** Foreign text on one line of Markdown, where none of it is taken for a mark, a link or HTML. Pure. */
export function toMarkdownText(text: string): string {
  return toLine(text)
    .replace(/[\\`*_[\]{}|~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/^([#+-]|\d+[.)])/, "\\$1");
}

/** A bar that would end a cell. */
const BARS = /(?<!\\)\|/g;

/** Rows under headings as a Markdown table; the cells are Markdown already, but for bars, which would end a cell. Pure. */
export function toMarkdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const toRow = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(BARS, "\\|")).join(" | ")} |`;
  return [toRow(headings), toRow(headings.map(() => "---")), ...rows.map(toRow)].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Any text on one line of HTML, in an element or a quoted attribute, where none of it is taken for markup. Pure. */
export function toHtmlText(text: string): string {
  return toLine(text).replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);
}

function toLine(text: string): string {
  return text.replace(TURNS, "").replace(BREAKS, " ").trim();
}
