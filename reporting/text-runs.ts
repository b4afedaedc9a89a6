import bidiModule, { type Bidi } from "bidi-js";

/** The scripts that have a face of their own; everything else is drawn in the document's own one. */
export type Script = "own" | "arabic" | "hebrew" | "devanagari";

/** A stretch of a line that is shaped in one face and in one direction. */
export interface TextRun {
  /** What is shaped, mirrored and turned where the face would not do it by itself. */
  readonly text: string;
  /** The same in the order in which it is read. */
  readonly read: string;
  readonly script: Script;
  /** Odd where it runs from right to left (UAX #9). */
  readonly level: number;
}

/** A line divided into runs. */
export interface RunLine {
  /** In the order in which they are read. */
  readonly runs: readonly TextRun[];
  /** The same runs by index, in the order in which they stand from left to right. */
  readonly visual: readonly number[];
}

/** Invisible marks (LRM, RLM) that begin a line and say which way its paragraph runs; they are never drawn. */
const LEFT_TO_RIGHT = "\u200E";
const RIGHT_TO_LEFT = "\u200F";

const RIGHT_TO_LEFT_LETTER = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/;
const PLAIN = /^[^\u0590-\u097F\u200E\u200F\uA8E0-\uA8FF\uFB1D-\uFDFF\uFE70-\uFEFC]*$/;
const FACES: readonly (readonly [Script, RegExp])[] = [
  ["arabic", /[\p{Script=Arabic}\u060C\u061B\u061F\u0640\u0660-\u0669]/u],
  ["hebrew", /\p{Script=Hebrew}/u],
  ["devanagari", /[\p{Script=Devanagari}\u0964\u0965]/u],
];

// the package is one function, which its types take for a module that has it as `default`
const bidi = (bidiModule as unknown as () => Bidi)();

/** Whether a line is one run in the document's own face from left to right, as nearly all are. */
export function isPlainLine(line: string): boolean {
  return PLAIN.test(line);
}

/** The script of a character's face. */
export function toScript(character: string): Script {
  return FACES.find(([, pattern]) => pattern.test(character))?.[0] ?? "own";
}

/** What each line of the paragraph begins with, so that it runs the paragraph's way whatever it begins with itself. */
export function toDirectionMark(paragraph: string): string {
  if (!RIGHT_TO_LEFT_LETTER.test(paragraph)) return "";
  const { paragraphs } = bidi.getEmbeddingLevels(paragraph, "auto");
  return (paragraphs[0]?.level ?? 0) % 2 === 1 ? RIGHT_TO_LEFT : LEFT_TO_RIGHT;
}

/**
 * Divides a line into runs and says in which order they stand, by the Unicode Bidirectional Algorithm (UAX #9).
 *
 * Pure. The line may begin with a direction mark; other marks were taken out of text from outside long before.
 */
export function toRunLine(line: string): RunLine {
  const base = line.startsWith(RIGHT_TO_LEFT) ? "rtl" : "ltr";
  const text = line.replace(/[\u200E\u200F]/g, "");
  const { levels } = bidi.getEmbeddingLevels(text, base);
  const runs: TextRun[] = [];
  let read = "";
  let last: { readonly script: Script; readonly level: number; readonly space: boolean } | undefined;
  let at = 0;
  const flush = () => {
    if (last !== undefined && read !== "") runs.push(toRun(read, last.script, last.level));
    read = "";
  };
  for (const character of text) {
    const level = levels[at] ?? 0;
    const mark = last !== undefined && /\p{M}/u.test(character) && toScript(character) === "own";
    const script = mark && last !== undefined ? last.script : toScript(character);
    // words that run from right to left are laid one by one; a space is a run of its own between them
    const space = character === " " && level % 2 === 1;
    if (last !== undefined && (last.script !== script || last.level !== level || last.space !== space)) flush();
    last = { script, level, space };
    read += character;
    at += character.length;
  }
  flush();
  return { runs, visual: toVisualOrder(runs.map((run) => run.level)) };
}

/** Faces for Arabic and Hebrew turn their own letters; what the document's own face draws among them is turned here. */
function toRun(read: string, script: Script, level: number): TextRun {
  if (level % 2 === 0 || script !== "own") return { text: read, read, script, level };
  const turned = Array.from(read).reverse();
  return { text: turned.map((one) => bidi.getMirroredCharacter(one) ?? one).join(""), read, script, level };
}

/** Rule L2: from the highest level to the lowest odd one, each stretch of at least that level is turned round. */
function toVisualOrder(levels: readonly number[]): number[] {
  const order = levels.map((_, index) => index);
  for (let level = Math.max(0, ...levels); level > 0; level--) {
    for (let from = 0; from < order.length; from++) {
      let to = from;
      while (to < order.length && (levels[order[to] ?? 0] ?? 0) >= level) to++;
      if (to > from) order.splice(from, to - from, ...order.slice(from, to).reverse());
      from = Math.max(from, to);
    }
  }
  return order;
}
