/** The three weights of Source Sans 3 that a record uses. */
export type FontName = "regular" | "semibold" | "bold";

/** How a run of text looks. `sizePt` and `leadingPt` in points. */
export interface TextStyle {
  readonly font: FontName;
  readonly sizePt: number;
  readonly leadingPt: number;
  readonly colour: string;
}

/**
 * One deep green-blue and greys. Every text colour has at least 4.5:1 on white and on `tint`, every
 * mark that carries meaning at least 3:1 on white, and nothing is told by hue alone.
 */
export const COLOURS = {
  accent: "#0b4f5c",
  mark: "#5f97a1",
  ink: "#1b2528",
  grey: "#4d5a5e",
  line: "#c9d3d5",
  hair: "#e3e9ea",
  tint: "#f1f5f6",
  white: "#ffffff",
} as const;

/** The type scale of a record. */
export const STYLES = {
  wordmark: { font: "bold", sizePt: 12, leadingPt: 16, colour: COLOURS.accent },
  edition: { font: "regular", sizePt: 8.5, leadingPt: 16, colour: COLOURS.grey },
  kicker: { font: "semibold", sizePt: 11, leadingPt: 15, colour: COLOURS.accent },
  title: { font: "bold", sizePt: 24, leadingPt: 28, colour: COLOURS.ink },
  month: { font: "regular", sizePt: 16, leadingPt: 21, colour: COLOURS.ink },
  facts: { font: "regular", sizePt: 9, leadingPt: 12.5, colour: COLOURS.grey },
  lead: { font: "regular", sizePt: 12.5, leadingPt: 17.5, colour: COLOURS.ink },
  heading: { font: "semibold", sizePt: 12.5, leadingPt: 16, colour: COLOURS.accent },
  body: { font: "regular", sizePt: 9, leadingPt: 12.5, colour: COLOURS.ink },
  small: { font: "regular", sizePt: 8, leadingPt: 10.5, colour: COLOURS.grey },
  term: { font: "semibold", sizePt: 8, leadingPt: 10.5, colour: COLOURS.ink },
  caption: { font: "semibold", sizePt: 9, leadingPt: 12.5, colour: COLOURS.ink },
  cardLabel: { font: "regular", sizePt: 8.5, leadingPt: 11, colour: COLOURS.grey },
  cardValue: { font: "semibold", sizePt: 20, leadingPt: 26, colour: COLOURS.ink },
  cardChange: { font: "regular", sizePt: 8.5, leadingPt: 11, colour: COLOURS.ink },
  columnTitle: { font: "semibold", sizePt: 8, leadingPt: 10.5, colour: COLOURS.grey },
  cell: { font: "regular", sizePt: 9, leadingPt: 11.5, colour: COLOURS.ink },
  cellStrong: { font: "semibold", sizePt: 9, leadingPt: 11.5, colour: COLOURS.ink },
  cellCompact: { font: "regular", sizePt: 7, leadingPt: 9, colour: COLOURS.ink },
  cellUnder: { font: "regular", sizePt: 8, leadingPt: 10, colour: COLOURS.grey },
  tick: { font: "regular", sizePt: 7, leadingPt: 9, colour: COLOURS.grey },
  footer: { font: "regular", sizePt: 8, leadingPt: 10, colour: COLOURS.grey },
} as const satisfies Record<string, TextStyle>;

/** A4 in points, and the margins inside which everything but the footer stands. */
export const SHEET = {
  widthPt: 595.28,
  heightPt: 841.89,
  leftPt: 50,
  rightPt: 50,
  topPt: 42,
  bottomPt: 50,
  footerTopPt: 806,
} as const;

/** Width of the text column in points. */
export const TEXT_WIDTH_PT = SHEET.widthPt - SHEET.leftPt - SHEET.rightPt;
