import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import PDFDocument from "pdfkit";
import { isPlainLine, type Script, toRunLine, toScript } from "./text-runs.ts";
import type { TextStyle } from "./theme.ts";
import type { Measure } from "./typeset.ts";

/** The faces: Source Sans 3 (Latin, Greek, Cyrillic), and in two weights what it lacks. Nothing here is variable. */
const FILES = {
  regular: "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf",
  semibold: "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf",
  bold: "@expo-google-fonts/source-sans-3/700Bold/SourceSans3_700Bold.ttf",
  "arabic-regular": "@expo-google-fonts/noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf",
  "arabic-bold": "@expo-google-fonts/noto-sans-arabic/700Bold/NotoSansArabic_700Bold.ttf",
  "hebrew-regular": "@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf",
  "hebrew-bold": "@expo-google-fonts/noto-sans-hebrew/700Bold/NotoSansHebrew_700Bold.ttf",
  "devanagari-regular": "@expo-google-fonts/noto-sans-devanagari/400Regular/NotoSansDevanagari_400Regular.ttf",
  "devanagari-bold": "@expo-google-fonts/noto-sans-devanagari/700Bold/NotoSansDevanagari_700Bold.ttf",
} as const;

/** The name of a face as the document knows it. */
export type FaceName = keyof typeof FILES;

/** Shaped words kept a font; beyond it all are forgotten, so that memory stays flat whatever titles come by. */
const SHAPED_WORDS_MAX = 6000;

interface Glyph {
  readonly id: number;
  readonly codePoints: readonly number[];
  readonly advanceWidth: number;
}

interface GlyphPosition {
  xAdvance: number;
  yAdvance: number;
  xOffset: number;
  yOffset: number;
}

/** What pdfkit reads of a shaped run of text. */
interface Run {
  readonly glyphs: readonly Glyph[];
  readonly positions: readonly GlyphPosition[];
  readonly advanceWidth: number;
}

/** The part of fontkit's font that is used here; lengths in font units. */
export interface ParsedFont {
  readonly unitsPerEm: number;
  _glyphs: Record<number, unknown>;
  layout(text: string, features?: readonly string[]): Run;
  hasGlyphForCodePoint(codePoint: number): boolean;
}

/** A stretch of a line in one face, with its place from the left end of the line. */
export interface PlacedRun {
  readonly face: FaceName;
  readonly text: string;
  /** What is read, where the glyphs say it in another order (Devanagari draws some vowels before their consonant). */
  readonly read?: string;
  readonly xPt: number;
}

/** The parsed fonts of a record, shared by all documents of the process. */
export interface Fonts {
  readonly measure: Measure;
  /** Parsed when first asked for. Throws what reading the file throws. */
  face(name: FaceName): ParsedFont;
  /** A line as runs in the order in which they are read, each with its place. */
  runs(line: string, style: TextStyle): readonly PlacedRun[];
  /** Whether there is a glyph for the code point in every weight. */
  covers(codePoint: number): boolean;
}

let opened: Fonts | undefined;

/**
 * The fonts, parsed on the first call and shared from then on: parsing and shaping take most of a document's time.
 * Those of scripts that few records need are parsed when a text first asks for them.
 *
 * Throws what reading the files throws.
 */
export function openFonts(): Fonts {
  opened ??= loadFonts();
  return opened;
}

function loadFonts(): Fonts {
  const { resolve } = createRequire(import.meta.url);
  const loaded = new Map<FaceName, ReturnType<typeof toSharedFont>>();
  const load = (name: FaceName) => {
    const known = loaded.get(name) ?? toSharedFont(toParsedFont(readFileSync(resolve(FILES[name]))));
    loaded.set(name, known);
    return known;
  };
  const widthPt = (text: string, name: FaceName, sizePt: number) => {
    const { face, advance } = load(name);
    let units = 0;
    for (const word of toShapedWords(text)) units += advance(word);
    return (units * sizePt) / face.unitsPerEm;
  };
  const runs = (line: string, style: TextStyle) => layRuns(line, style, widthPt);
  return {
    face: (name) => load(name).face,
    runs,
    measure(text, style) {
      if (isPlainLine(text)) return widthPt(text, style.font, style.sizePt);
      return toRunLine(text).runs.reduce(
        (sum, run) => sum + widthPt(run.text, toFaceName(run.script, style), style.sizePt),
        0,
      );
    },
    covers(codePoint) {
      const script = toScript(String.fromCodePoint(codePoint));
      const names: readonly FaceName[] =
        script === "own" ? ["regular", "semibold", "bold"] : [`${script}-regular`, `${script}-bold`];
      return names.every((name) => load(name).face.hasGlyphForCodePoint(codePoint));
    },
  };
}

function toFaceName(script: Script, { font }: TextStyle): FaceName {
  if (script === "own") return font;
  return font === "regular" ? `${script}-regular` : `${script}-bold`;
}

function layRuns(
  line: string,
  style: TextStyle,
  widthPt: (text: string, face: FaceName, sizePt: number) => number,
): PlacedRun[] {
  if (isPlainLine(line)) return [{ face: style.font, text: line, xPt: 0 }];
  const { runs, visual } = toRunLine(line);
  const lefts: number[] = [];
  let x = 0;
  for (const index of visual) {
    const run = runs[index];
    if (run === undefined) continue;
    lefts[index] = x;
    x += widthPt(run.text, toFaceName(run.script, style), style.sizePt);
  }
  return runs.map(({ text, read, script }, index) => ({
    face: toFaceName(script, style),
    text,
    xPt: lefts[index] ?? 0,
    // readers turn Arabic and Hebrew glyphs back by themselves, and would turn this text too
    ...(script === "devanagari" ? { read } : {}),
  }));
}

/** Parses through pdfkit, so that the parser is the very one that pdfkit embeds with. Throws if the bytes are no font. */
function toParsedFont(bytes: Uint8Array): ParsedFont {
  const probe = new PDFDocument({ autoFirstPage: false, font: "" });
  probe.font(bytes);
  // pdfkit types no way to the parsed font; its shape is checked on the next line
  const { font } = (probe as unknown as { _font: { font: ParsedFont } })._font;
  if (typeof font?.layout !== "function")
    throw new Error("Cannot read a font: pdfkit no longer exposes its parser's layout");
  return font;
}

/**
 * A font that shapes each word once for all documents.
 *
 * The parser keeps one glyph object an id and gives it the characters it was first asked with, so that what a
 * later document can copy out as text depends on the earlier ones. Here each word is shaped with that cache
 * emptied and kept with its own characters: the same record gives the same bytes whatever came before.
 */
function toSharedFont(parsed: ParsedFont): { face: ParsedFont; advance: (word: string) => number } {
  const shaped = new Map<string, Run>();
  const shape = (word: string): Run => {
    const known = shaped.get(word);
    if (known !== undefined) return known;
    if (shaped.size >= SHAPED_WORDS_MAX) shaped.clear();
    const run = isPlainNumber(word) ? toJoinedRun(Array.from(word, shape)) : toShapedRun(parsed, word);
    shaped.set(word, run);
    return run;
  };
  const layout = (text: string, features?: readonly string[]) =>
    features === undefined ? toFreshRun(shape(text)) : parsed.layout(text, features);
  // everything else (metrics, subsetting) stays the parser's own
  const face = Object.create(parsed, { layout: { value: layout } }) as ParsedFont;
  return { face, advance: (word) => shape(word).advanceWidth };
}

/** Digits and commas have one width and no kerning in this font, so numbers need no shaping: there are ever new ones. */
function isPlainNumber(word: string): boolean {
  return word.length > 1 && /^[0-9,]+$/.test(word);
}

function toShapedRun(parsed: ParsedFont, word: string): Run {
  parsed._glyphs = {};
  const run = parsed.layout(word);
  const glyphs = run.glyphs.map(({ id, codePoints, advanceWidth }) => ({
    id,
    codePoints: [...codePoints],
    advanceWidth,
  }));
  const positions = run.positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
    xAdvance,
    yAdvance,
    xOffset,
    yOffset,
  }));
  return { glyphs, positions, advanceWidth: run.advanceWidth };
}

function toJoinedRun(runs: readonly Run[]): Run {
  return {
    glyphs: runs.flatMap((run) => run.glyphs),
    positions: runs.flatMap((run) => run.positions),
    advanceWidth: runs.reduce((sum, run) => sum + run.advanceWidth, 0),
  };
}

/** pdfkit scales the positions it is given in place and then asks for their sum: each caller gets its own. */
function toFreshRun(run: Run): Run {
  const positions = run.positions.map((position) => ({ ...position }));
  return {
    glyphs: run.glyphs,
    positions,
    get advanceWidth() {
      return positions.reduce((sum, position) => sum + position.xAdvance, 0);
    },
  };
}

/** The text in the pieces in which pdfkit shapes it: each word with the space after it. */
function toShapedWords(text: string): string[] {
  return text.match(/[^ ]* |[^ ]+$/g) ?? [];
}
