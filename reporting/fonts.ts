import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import PDFDocument from "pdfkit";
import type { FontName } from "./theme.ts";
import type { Measure } from "./typeset.ts";

const FILES = {
  regular: "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf",
  semibold: "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf",
  bold: "@expo-google-fonts/source-sans-3/700Bold/SourceSans3_700Bold.ttf",
} as const satisfies Record<FontName, string>;

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

/** The parsed fonts of a record, shared by all documents of the process. */
export interface Fonts {
  readonly faces: Readonly<Record<FontName, ParsedFont>>;
  readonly measure: Measure;
  /** Whether every font has a glyph for the code point. */
  covers(codePoint: number): boolean;
}

let opened: Fonts | undefined;

/**
 * The fonts, parsed on the first call and shared from then on: parsing and shaping take most of a document's time.
 *
 * Throws what reading the files throws.
 */
export function openFonts(): Fonts {
  opened ??= loadFonts();
  return opened;
}

function loadFonts(): Fonts {
  const { resolve } = createRequire(import.meta.url);
  const load = (name: FontName) => toSharedFont(toParsedFont(readFileSync(resolve(FILES[name]))));
  const fonts = { regular: load("regular"), semibold: load("semibold"), bold: load("bold") };
  const faces = { regular: fonts.regular.face, semibold: fonts.semibold.face, bold: fonts.bold.face };
  return {
    faces,
    measure(text, style) {
      const { face, advance } = fonts[style.font];
      let units = 0;
      for (const word of toShapedWords(text)) units += advance(word);
      return (units * style.sizePt) / face.unitsPerEm;
    },
    covers: (codePoint) => Object.values(faces).every((face) => face.hasGlyphForCodePoint(codePoint)),
  };
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
