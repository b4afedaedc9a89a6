import { toDirectionMark } from "./text-runs.ts";
import type { TextStyle } from "./theme.ts";

/** The width of a line of text in points. */
export type Measure = (text: string, style: TextStyle) => number;

/**
 * Breaks text into lines no wider than `widthPt`, at spaces, inside a word only where one alone is too wide.
 *
 * Pure and greedy. At most `linesMax` lines; what does not fit is replaced by an ellipsis. Always at least one line.
 * Where letters run from right to left, each line begins with an invisible mark that says which way the text runs.
 */
export function toLines(
  text: string,
  style: TextStyle,
  widthPt: number,
  measure: Measure,
  linesMax = Number.POSITIVE_INFINITY,
): string[] {
  const mark = toDirectionMark(text);
  return toUnmarkedLines(text, style, widthPt, measure, linesMax).map((line) => mark + line);
}

function toUnmarkedLines(
  text: string,
  style: TextStyle,
  widthPt: number,
  measure: Measure,
  linesMax: number,
): string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(" ").flatMap((word) => toWordParts(word, style, widthPt, measure));
  for (const [index, word] of words.entries()) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || measure(longer, style) <= widthPt) {
      line = longer;
    } else if (lines.length + 1 === linesMax) {
      return [...lines, toClipped([line, ...words.slice(index, index + 12)].join(" "), style, widthPt, measure)];
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Lines of which the first leaves `indentPt` free, for a word in other type to stand there. Always at least one line. */
export function toIndentedLines(
  text: string,
  style: TextStyle,
  widthPt: number,
  indentPt: number,
  measure: Measure,
): string[] {
  const words = text.split(" ");
  let fitting = 0;
  while (fitting < words.length && measure(words.slice(0, fitting + 1).join(" "), style) <= widthPt - indentPt)
    fitting++;
  const rest = words.slice(fitting).join(" ");
  return [words.slice(0, fitting).join(" "), ...(rest === "" ? [] : toLines(rest, style, widthPt, measure))];
}

/** The longest beginning of the text that fits with an ellipsis; the text itself where it fits. */
export function toClipped(text: string, style: TextStyle, widthPt: number, measure: Measure): string {
  if (measure(text, style) <= widthPt) return text;
  const characters = Array.from(text);
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${characters.slice(0, middle).join("")}…`, style) <= widthPt) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join("").trimEnd()}…`;
}

function toWordParts(word: string, style: TextStyle, widthPt: number, measure: Measure): string[] {
  if (measure(word, style) <= widthPt) return [word];
  const parts: string[] = [];
  let part = "";
  for (const character of word) {
    if (part !== "" && measure(part + character, style) > widthPt) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part];
}
