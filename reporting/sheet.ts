import type { ChartConfiguration } from "chart.js";
import type { Logo } from "./logo.ts";
import type { TextStyle } from "./theme.ts";

/** The structure types of PDF that a record uses. */
export type Role = "H1" | "H2" | "P" | "Figure" | "Table" | "TR" | "TH" | "TD" | "L" | "LI" | "Lbl" | "LBody";

/** What a structure element says of itself to assistive technology. */
export interface RoleOptions {
  readonly alt?: string;
  readonly title?: string;
  readonly scope?: "Column" | "Row";
  /** Left, top, right, bottom in points; figures need it. */
  readonly bbox?: readonly [number, number, number, number];
}

/** Where a line of text stands in its box. */
export interface TextPlace {
  readonly widthPt: number;
  readonly align: "left" | "right" | "center";
}

/** A rectangle in points from the top left corner of the paper. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly widthPt: number;
  readonly heightPt: number;
}

/**
 * The paper that pieces draw on: lengths in points, from the top left corner.
 *
 * Everything drawn stands either inside `content` (part of the reading order, below the element opened last)
 * or inside `artifact` (decoration, unseen by assistive technology).
 */
export interface Sheet {
  open(role: Role, options?: RoleOptions): void;
  close(): void;
  content(draw: () => void): void;
  artifact(draw: () => void): void;
  /** One line; `y` is the top of its leading. */
  text(line: string, x: number, y: number, style: TextStyle, place?: TextPlace): void;
  fill(box: Box, colour: string, radiusPt?: number): void;
  rule(x: number, y: number, widthPt: number, colour: string, thicknessPt: number): void;
  triangle(x: number, y: number, sizePt: number, way: "up" | "down", colour: string): void;
  image(logo: Logo, box: Box): void;
  chart(config: ChartConfiguration, box: Box): void;
  bookmark(title: string, y: number): void;
}

/** Opens an element, draws its content and closes it. */
export function drawTagged(sheet: Sheet, role: Role, draw: () => void, options?: RoleOptions): void {
  sheet.open(role, options);
  sheet.content(draw);
  sheet.close();
}

/** Draws lines under each other. All but the last end in a space, so that read aloud or copied the words stay apart. */
export function drawLines(sheet: Sheet, lines: readonly string[], x: number, y: number, style: TextStyle): void {
  for (const [index, line] of lines.entries()) {
    const end = index < lines.length - 1 ? " " : "";
    sheet.text(line + end, x, y + index * style.leadingPt, style);
  }
}
