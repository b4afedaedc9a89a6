import { MASK, maskText } from "../mask.ts";
import { LENGTHS } from "../minimise.ts";

/** Masks names in titles, and knows in how many it did. */
export interface TitleMask {
  mask(title: string): string;
  /** Titles that had a name in them, each once. */
  masked(): number;
}

const WORD = /[\p{L}\p{N}]+/gu;
/** Longest name that is looked for, words; and shortest, characters: initials stand in titles for much else. */
const WORDS_MAX = 8;
const LENGTH_MIN = 3;

/**
 * Masks in titles the names that a report has: meetings are often called after somebody. A name is masked as a whole, as it
 * stands in the report or the other way round; anyone who knows better gives a title of their own.
 *
 * Goes by the words of the title, so that the time does not grow with the number of names.
 */
export function createTitleMask(names: readonly string[]): TitleMask {
  const keys = new Set(names.flatMap(toKeys).filter((key) => key.length >= LENGTH_MIN));
  const done = new Map<string, { readonly masked: string; readonly isNamed: boolean }>();
  return {
    mask(title) {
      const known = done.get(title);
      if (known !== undefined) return known.masked;
      const plain = maskText(title, LENGTHS.title).normalize("NFC");
      const masked = maskNames(plain, keys);
      done.set(title, { masked, isNamed: masked !== plain });
      return masked;
    },
    masked: () => [...done.values()].filter(({ isNamed }) => isNamed).length,
  };
}

/** A name as its words follow one another, and with its last word first. */
function toKeys(name: string): readonly string[] {
  const words = toWords(name.normalize("NFC")).map(([word]) => word);
  return [
    words.join(" "),
    [...words.slice(-1), ...words.slice(0, -1)].join(" "),
    [...words.slice(1), ...words.slice(0, 1)].join(" "),
  ];
}

function toWords(text: string): readonly (readonly [word: string, from: number, until: number])[] {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => [word.toLowerCase(), index, index + word.length]);
}

function maskNames(title: string, keys: ReadonlySet<string>): string {
  const words = toWords(title);
  let masked = "";
  let reached = 0;
  for (let first = 0; first < words.length; first += 1) {
    const last = findEnd(words, first, keys);
    const from = words[first]?.[1] ?? 0;
    const until = words[last]?.[2];
    if (until === undefined || last < first) continue;
    masked += title.slice(reached, from) + MASK;
    reached = until;
    first = last;
  }
  return masked + title.slice(reached);
}

/** The last word of the longest name that begins at a word; -1 if none does. */
function findEnd(words: ReturnType<typeof toWords>, first: number, keys: ReadonlySet<string>): number {
  for (let last = Math.min(words.length, first + WORDS_MAX) - 1; last >= first; last -= 1) {
    const key = words
      .slice(first, last + 1)
      .map(([word]) => word)
      .join(" ");
    if (keys.has(key)) return last;
  }
  return -1;
}
