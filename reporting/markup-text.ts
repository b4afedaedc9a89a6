/** A piece of HTML that is safe to put in a page: made by {@link html} alone. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Puts texts into markup: whatever is not markup already is escaped, in elements and in quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const written = strings.map((text, index) => text + (index < parts.length ? toText(parts[index] ?? "") : ""));
  return { markup: written.join("") };
}

/** Markup that is nothing. */
export const NOTHING: Markup = { markup: "" };

/** Markup of our own that was never text from outside: a style sheet, or an image in base64. */
export function toTrusted(markup: string): Markup {
  return { markup };
}

function toText(part: Part): string {
  if (typeof part === "string" || typeof part === "number")
    return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
  return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("\n");
}
