import { FIGURES, FURTHER_FIGURES } from "../schemas/figures.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Block } from "./blocks.ts";
import { toCellMark, toCellWords } from "./words.ts";

/** What each figure counts and where the rule comes from. */
export function toDefinitions(): Block[] {
  const items = Object.values({ ...FIGURES, ...FURTHER_FIGURES }).map(({ title, prose, source }) => ({
    term: title,
    prose,
    source,
  }));
  return [
    { kind: "heading", text: "What the figures mean" },
    { kind: "definitions", items },
  ];
}

/** What is left out and why. */
export function toUncounted(record: RecordOfEngagement): Block[] {
  const few = toCellWords(null, record.people_min);
  const mark = toCellMark(null, record.people_min);
  const texts = [
    "Robots, and people who had not signed in: they belong to no Partner.",
    "People of other organisations, and use through an account that is not under this contract.",
    "Behaviour on pages, unless the person consented; anything that was objected to or erased.",
    ...(record.people_min > 1
      ? [
          `“${few}”, or “${mark}” where there is little room, hides a number that describes ${few} people, or would reveal one that does.`,
        ]
      : []),
  ];
  return [
    { kind: "heading", text: "What is not counted, and why" },
    ...texts.map((text): Block => ({ kind: "paragraph", tone: "small", text })),
  ];
}
