import { FIGURE_NAMES, FIGURES } from "../schemas/figures.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Block } from "./blocks.ts";
import { toCellWords, toPlainText } from "./words.ts";

/** What each figure counts and where the rule comes from. */
export function toDefinitions(): Block[] {
  const items = FIGURE_NAMES.map((name) => ({
    term: FIGURES[name].title,
    prose: FIGURES[name].prose,
    source: FIGURES[name].source,
  }));
  return [
    { kind: "heading", text: "What the figures mean" },
    { kind: "definitions", items },
  ];
}

/** What is left out and why. */
export function toUncounted(record: RecordOfEngagement): Block[] {
  const name = toPlainText(record.partner.name) || record.partner.id;
  const few = toCellWords(null, record.people_min);
  const texts = [
    "Robots, monitors and people who had not signed in: they cannot be attributed to a Partner.",
    `People of other organisations, and people of ${name} who used an account that is not under its contract.`,
    "How people move on a page, and feedback, unless the person consented; whatever someone asked us to erase or objected to.",
    `“${few}” stands where a number describes ${few} people, or would reveal one that does, so that nobody is recognised.`,
  ];
  return [
    { kind: "heading", text: "What is not counted, and why" },
    ...texts.map((text): Block => ({ kind: "paragraph", tone: "small", text })),
  ];
}
