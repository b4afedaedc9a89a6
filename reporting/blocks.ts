import type { Bar } from "./chart.ts";
import type { Logos } from "./logo.ts";

/** One key figure: what it is called, its number and how it stands against the month before. */
export interface Card {
  readonly label: string;
  readonly value: string;
  /** `up 12%`; empty if there is no month before. */
  readonly change: string;
  /** The number of the month before, with its name. */
  readonly before: string;
  /** The number of the same month a year before, with its name; absent if that month is not closed. */
  readonly yearBefore?: string;
  /** Way of the change, drawn as a small triangle beside the words. */
  readonly way: "up" | "down" | "none";
}

/** A column of a table; the widths of all but one `rest` column are in points. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  readonly widthPt: number | "rest";
}

/** A cell: its text and, in smaller type under it, what places it (the path of a page). */
export interface TextCell {
  readonly text: string;
  readonly under?: string;
}

/** A row of a table. Its first cell is the row's header. */
export interface Row {
  readonly cells: readonly TextCell[];
  /** `sum` rows carry a rule above and heavier type; `part` rows are set in, being a share of the row above. */
  readonly role?: "sum" | "part";
}

/** A table with a header row. */
export interface TableBlock {
  readonly kind: "table";
  /** What the table is for those who cannot see where it stands. */
  readonly summary: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** A longer text of a cell ends in an ellipsis after so many lines. */
  readonly linesMax: number;
  /** Smaller type and closer rows: the data of a chart that stands above. */
  readonly isCompact?: boolean;
}

/** A chart of bars, with its data in words. */
export interface ChartBlock {
  readonly kind: "chart";
  readonly caption: string;
  readonly alt: string;
  readonly heightPt: number;
  readonly bars: readonly Bar[];
  /** `numbers`: each bar carries its own, if there is room; `axis`: an axis with lines. */
  readonly scale: "numbers" | "axis";
}

/** A weekday by hour grid: the darker, the more. */
export interface HeatBlock {
  readonly kind: "heat";
  readonly caption: string;
  readonly alt: string;
  readonly heightPt: number;
  readonly rowNames: readonly string[];
  /** `null` where the square is withheld. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly note: string;
}

/** One figure beside the middle half of its peer group; all four on one scale from 0. */
export interface Band {
  readonly label: string;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly own: number;
  /** The Partner's own number as it is printed beside its mark. */
  readonly words: string;
}

/** Peer bands under each other: a bar for the middle half, a line for the median, a diamond for the Partner. */
export interface BandsBlock {
  readonly kind: "bands";
  readonly caption: string;
  readonly alt: string;
  readonly heightPt: number;
  readonly bands: readonly Band[];
}

/** A word and what it means. */
export interface Definition {
  readonly term: string;
  readonly prose: string;
  readonly source: string;
}

/** A piece of the page, without coordinates. */
export type Block =
  | {
      readonly kind: "masthead";
      readonly edition: string;
      readonly kicker: string;
      readonly title: string;
      readonly month: string;
      readonly facts: string;
      readonly logos: Logos;
    }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string; readonly tone: "lead" | "body" | "small" }
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "cards"; readonly cards: readonly Card[] }
  | ChartBlock
  | HeatBlock
  | BandsBlock
  | TableBlock
  | { readonly kind: "definitions"; readonly items: readonly Definition[] }
  | {
      readonly kind: "columns";
      readonly left: readonly Block[];
      readonly right: readonly Block[];
      readonly leftShare: number;
      /** Read last; stands under the shorter of the two. */
      readonly tail?: readonly Block[];
    }
  /** What follows starts a page, unless the page has hardly begun. */
  | { readonly kind: "new-page" };

/** A whole document as an ordered list of blocks. */
export interface Page {
  readonly title: string;
  readonly subject: string;
  /** Runs along the foot of every page, before the page number. */
  readonly footer: string;
  readonly blocks: readonly Block[];
}
