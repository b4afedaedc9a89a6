import { readFileSync } from "node:fs";

/** The steps of a close, in their order; each makes one table of the snapshot. */
export const STEPS = [
  "rows",
  "attendances",
  "behaviours",
  "answers",
  "others",
  "earlier",
  "epochs",
  "outside",
  "repeats",
  "firsts",
  "held",
  "attended",
  "people",
  "words",
  "numbered",
  "double_clicks",
  "actions",
  "uses",
  "told",
  "kinds",
  "used_resources",
  "best_pages",
  "best_searches",
  "best_resources",
  "persons",
] as const;

/** The name of a step. */
export type Step = (typeof STEPS)[number];

const texts = new Map<string, string>();

/**
 * The SQL of `queries/<name>.sql`: a constant of the release, with `{name:Type}` placeholders. Read once.
 * Throws if there is no such file.
 */
export function readQuery(name: string): string {
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), "utf8");
  texts.set(name, text);
  return text;
}
