import type { RecordOfEngagement } from "../schemas/record.ts";
import { toPlainText } from "./words.ts";

/** Whether the fonts of the document have a glyph for a code point. */
export type Covers = (codePoint: number) => boolean;

const SCRIPTS = [
  ["Arabic", /\p{Script=Arabic}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Chinese or Japanese", /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u],
  ["Korean", /\p{Script=Hangul}/u],
  ["Devanagari", /\p{Script=Devanagari}/u],
  ["Bengali", /\p{Script=Bengali}/u],
  ["Gurmukhi", /\p{Script=Gurmukhi}/u],
  ["Tamil", /\p{Script=Tamil}/u],
  ["Thai", /\p{Script=Thai}/u],
] as const satisfies readonly (readonly [string, RegExp])[];

const ASCII = /^[ -~]*$/;

/**
 * Text that the fonts can show: a run of letters of a script they lack becomes its name in brackets
 * (`[Arabic]`), other characters they lack (emoji, rare symbols) go. Never a box in place of a character.
 */
export function toPrintable(text: string, covers: Covers): string {
  const plain = toPlainText(text);
  if (ASCII.test(plain)) return plain;
  if (Array.from(plain).every((character) => isCovered(character, covers))) return plain;
  let out = "";
  let last = "";
  for (const character of plain) {
    if (isCovered(character, covers)) {
      out += character;
      if (character !== " ") last = "";
      continue;
    }
    const script = toScript(character);
    if (script !== "" && script !== last) out += `[${script}]`;
    if (script !== "") last = script;
  }
  return out.replace(/ {2,}/g, " ").trim();
}

/** The record with every text that is printed made printable; the numbers and ids untouched. */
export function toPrintableRecord(record: RecordOfEngagement, covers: Covers): RecordOfEngagement {
  const print = (text: string) => toPrintable(text, covers);
  const { partner } = record;
  const use = <T extends { readonly title: string }>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, title: print(row.title) }));
  const typed = <T extends { readonly type: string }>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, type: print(row.type) }));
  return {
    ...record,
    reason: print(record.reason),
    partner: { ...partner, name: print(partner.name) || print(partner.id), group: print(partner.group) },
    top_resources: typed(use(record.top_resources)).map((row) => ({ ...row, id: print(row.id) })),
    by_kind: typed(use(record.by_kind)).map((row) => ({ ...row, id: print(row.id) })),
    by_topic: use(record.by_topic).map((row) => ({ ...row, id: print(row.id) })),
    departments: use(record.departments).map((row) => ({ ...row, dept: print(row.dept) })),
    searches: record.searches.map((row) => ({ ...row, term: print(row.term) })),
    events: use(record.events).map((row) => ({ ...row, id: print(row.id), kind: print(row.kind) })),
    top_pages: use(record.top_pages).map((row) => ({ ...row, path: print(row.path) })),
  };
}

function isCovered(character: string, covers: Covers): boolean {
  return covers(character.codePointAt(0) ?? 0);
}

/** The script of a letter or digit, `other script` for one without a name here, empty for marks and symbols. */
function toScript(character: string): string {
  if (!/[\p{L}\p{N}]/u.test(character)) return "";
  return SCRIPTS.find(([, pattern]) => pattern.test(character))?.[0] ?? "other script";
}
