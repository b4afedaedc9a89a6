import type { FontName } from "./theme.ts";
import { STYLES } from "./theme.ts";
import type { Measure } from "./typeset.ts";

type Path = (doc: PDFKit.PDFDocument) => unknown;

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineCap: string;
  lineJoin: string;
  lineDash: number[];
  lineDashOffset: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
}

const START: State = {
  fillStyle: "#000000",
  strokeStyle: "#000000",
  lineWidth: 1,
  lineCap: "butt",
  lineJoin: "miter",
  lineDash: [],
  lineDashOffset: 0,
  globalAlpha: 1,
  font: "10px sans-serif",
  textAlign: "start",
  textBaseline: "alphabetic",
};

/** Height of capitals and depth of descenders of the document's font, as shares of its size. */
const CAP_HEIGHT = 0.66;
const DESCENT = 0.2;

/**
 * The part of CanvasRenderingContext2D that Chart.js draws bar and line charts with, onto a pdfkit page:
 * vectors and real text in the document's font, no raster.
 *
 * A path is kept and written only when it is filled, stroked or clipped: PDF forbids colours inside a path, ends
 * it at each painting, and canvas does neither. One pixel is one point; (0, 0) is the chart's top left corner.
 */
export class PdfkitCanvas implements State {
  fillStyle = START.fillStyle;
  strokeStyle = START.strokeStyle;
  lineWidth = START.lineWidth;
  lineCap = START.lineCap;
  lineJoin = START.lineJoin;
  lineDash = START.lineDash;
  lineDashOffset = START.lineDashOffset;
  globalAlpha = START.globalAlpha;
  font = START.font;
  textAlign = START.textAlign;
  textBaseline = START.textBaseline;
  /** What Chart.js takes for the canvas element. */
  readonly canvas: { width: number; height: number; style: Record<string, string>; getContext: () => PdfkitCanvas };
  readonly #doc: PDFKit.PDFDocument;
  readonly #measure: Measure;
  readonly #paint: (colour: string) => string;
  readonly #states: State[] = [];
  #path: Path[] = [];

  /** The page's origin must already be moved to where the chart stands. */
  constructor(
    doc: PDFKit.PDFDocument,
    measure: Measure,
    paint: (colour: string) => string,
    widthPt: number,
    heightPt: number,
  ) {
    this.#paint = paint;
    this.#doc = doc;
    this.#measure = measure;
    this.canvas = { width: widthPt, height: heightPt, style: {}, getContext: () => this };
  }

  save(): void {
    this.#states.push(toState(this));
    this.#doc.save();
  }

  restore(): void {
    const state = this.#states.pop();
    if (state === undefined) return;
    Object.assign(this, state);
    this.#doc.restore();
  }

  translate(x: number, y: number): void {
    this.#doc.translate(x, y);
  }

  rotate(radians: number): void {
    this.#doc.rotate((radians * 180) / Math.PI);
  }

  scale(x: number, y: number): void {
    this.#doc.scale(x, y);
  }

  /** Chart.js sets only the device's pixel ratio with it, which is 1 here. */
  setTransform(): void {}
  resetTransform(): void {}
  /** Paper is blank. */
  clearRect(): void {}

  beginPath(): void {
    this.#path = [];
  }

  closePath(): void {
    this.#path.push((doc) => doc.closePath());
  }

  moveTo(x: number, y: number): void {
    this.#path.push((doc) => doc.moveTo(x, y));
  }

  lineTo(x: number, y: number): void {
    this.#path.push((doc) => doc.lineTo(x, y));
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.#path.push((doc) => doc.rect(x, y, width, height));
  }

  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void {
    this.#path.push((doc) => doc.bezierCurveTo(ax, ay, bx, by, x, y));
  }

  arc(x: number, y: number, radius: number, from: number, to: number, anticlockwise = false): void {
    // pdfkit can draw arcs, its types do not know it
    const toArc = (doc: PDFKit.PDFDocument) => doc as unknown as Pick<PdfkitCanvas, "arc">;
    const whole = Math.abs(to - from) >= 2 * Math.PI - 1e-6;
    this.#path.push((doc) =>
      whole ? doc.circle(x, y, radius) : toArc(doc).arc(x, y, radius, from, to, anticlockwise),
    );
  }

  setLineDash(dash: number[]): void {
    this.lineDash = dash;
  }

  getLineDash(): number[] {
    return this.lineDash;
  }

  clip(): void {
    this.#writePath();
    this.#doc.clip();
  }

  fill(): void {
    this.#setFill();
    this.#writePath();
    this.#doc.fill();
  }

  stroke(): void {
    if (this.lineWidth <= 0) return;
    const { colour, alpha } = toColour(this.#paint(this.strokeStyle));
    this.#doc.strokeColor(colour, alpha * this.globalAlpha).lineWidth(this.lineWidth);
    this.#doc.lineCap(this.lineCap as "butt").lineJoin(this.lineJoin as "miter"); // canvas and pdfkit share these names
    if (this.lineDash.length > 0) this.#setDash();
    this.#writePath();
    this.#doc.stroke();
    if (this.lineDash.length > 0) this.#doc.undash();
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#setFill();
    this.#doc.rect(x, y, width, height).fill();
  }

  measureText(text: string): { width: number } {
    const { name, sizePt } = toFont(this.font);
    return { width: this.#measure(text, { ...STYLES.tick, font: name, sizePt }) };
  }

  fillText(text: string, x: number, y: number): void {
    if (text === "") return;
    const { name, sizePt } = toFont(this.font);
    const { width } = this.measureText(text);
    const left = x - width * toShareLeft(this.textAlign);
    const baseline = y + sizePt * toShareDown(this.textBaseline);
    this.#setFill();
    this.#doc.font(name, sizePt).text(text, left, baseline, { lineBreak: false, baseline: "alphabetic" });
  }

  #setFill(): void {
    const { colour, alpha } = toColour(this.#paint(this.fillStyle));
    this.#doc.fillColor(colour, alpha * this.globalAlpha);
  }

  #setDash(): void {
    const lengths = this.lineDash as unknown as number; // pdfkit takes a list of lengths, its types one length only
    this.#doc.dash(lengths, { phase: this.lineDashOffset });
  }

  #writePath(): void {
    for (const step of this.#path) step(this.#doc);
  }
}

function toState(from: State): State {
  const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, lineDash, lineDashOffset } = from;
  const { globalAlpha, font, textAlign, textBaseline } = from;
  const line = { lineWidth, lineCap, lineJoin, lineDash, lineDashOffset };
  return { fillStyle, strokeStyle, ...line, globalAlpha, font, textAlign, textBaseline };
}

/** A CSS colour (`#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()`, `rgba()`) for pdfkit; anything else is black. */
function toColour(css: string): { colour: [number, number, number]; alpha: number } {
  if (css === "transparent") return { colour: [0, 0, 0], alpha: 0 };
  const hex = css.startsWith("#") ? css.slice(1) : "";
  const long = hex.length < 6 ? hex.replace(/./g, "$&$&") : hex;
  const parts = hex === "" ? (css.match(/[\d.]+/g) ?? []).map(Number) : (long.match(/../g) ?? []).map(toByte);
  const [red = 0, green = 0, blue = 0, alpha] = parts;
  return { colour: [red, green, blue], alpha: alpha === undefined ? 1 : hex === "" ? alpha : alpha / 255 };
}

function toByte(hex: string): number {
  return Number.parseInt(hex, 16);
}

function toFont(css: string): { name: FontName; sizePt: number } {
  const sizePt = Number(/([\d.]+)px/.exec(css)?.[1] ?? 10);
  return { name: /\b(bold|[6-9]00)\b/.test(css) ? "semibold" : "regular", sizePt };
}

function toShareLeft(align: string): number {
  return align === "center" ? 0.5 : align === "right" || align === "end" ? 1 : 0;
}

/** From the given height down to the base line, as a share of the size. */
function toShareDown(baseline: string): number {
  if (baseline === "middle") return CAP_HEIGHT / 2;
  if (baseline === "top" || baseline === "hanging") return CAP_HEIGHT + 0.1;
  return baseline === "bottom" || baseline === "ideographic" ? -DESCENT : 0;
}
