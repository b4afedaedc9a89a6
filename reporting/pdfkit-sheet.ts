import { BarController, BarElement, CategoryScale, Chart, type ChartConfiguration, LinearScale } from "chart.js";
import type { FaceName, Fonts, PlacedRun } from "./fonts.ts";
import type { Logo } from "./logo.ts";
import { type Palette, toPainter } from "./palette.ts";
import { PdfkitCanvas } from "./pdfkit-canvas.ts";
import { drawSvg } from "./pdfkit-svg.ts";
import type { Box, Role, RoleOptions, Sheet, TextPlace } from "./sheet.ts";
import { SHEET, type TextStyle } from "./theme.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale);

/** Half the height of capitals of the font, as a share of its size: centres a line in its leading. */
const HALF_CAP = 0.33;

/**
 * A sheet on a pdfkit document.
 *
 * An element is added to its parent the moment it is opened: one that was never attached would keep the document
 * from ever ending. `finish` throws if an element was left open.
 */
export class PdfkitSheet implements Sheet {
  readonly #doc: PDFKit.PDFDocument;
  readonly #fonts: Fonts;
  readonly #paint: (colour: string) => string;
  readonly #registered = new Set<FaceName>();
  readonly #open: { readonly role: Role | "Document"; readonly element: PDFKit.PDFStructureElement }[] = [];

  constructor(doc: PDFKit.PDFDocument, fonts: Fonts, palette: Palette) {
    this.#paint = toPainter(palette);
    this.#doc = doc;
    this.#fonts = fonts;
    for (const face of ["regular", "semibold", "bold"] as const) this.#register(face);
    const element = doc.struct("Document");
    doc.addStructure(element);
    this.#open.push({ role: "Document", element });
  }

  open(role: Role, options: RoleOptions = {}): void {
    // pdfkit knows `scope` and `bbox`, its types do not yet
    const element = this.#doc.struct(role, options as PDFKit.Mixins.StructureElementOptions);
    this.#current().element.add(element);
    this.#open.push({ role, element });
  }

  close(): void {
    this.#current().element.end();
    this.#open.pop();
  }

  content(draw: () => void): void {
    const { role, element } = this.#current();
    element.add(this.#doc.markStructureContent(role));
    draw();
    this.#doc.endMarkedContent();
  }

  artifact(draw: () => void): void {
    this.#doc.markContent("Artifact", { type: "Layout" });
    draw();
    this.#doc.endMarkedContent();
  }

  text(line: string, x: number, y: number, style: TextStyle, place?: TextPlace): void {
    const slack = place === undefined || place.align === "left" ? 0 : place.widthPt - this.#fonts.measure(line, style);
    const left = x + (place?.align === "center" ? slack / 2 : slack);
    const baseline = y + style.leadingPt / 2 + style.sizePt * HALF_CAP;
    this.#doc.fillColor(this.#paint(style.colour));
    for (const stretch of toStretches(this.#fonts.runs(line, style))) {
      // Glyphs stand from left to right; where they say the text in another order, it stands beside them.
      if (stretch.read !== "") this.#doc.markContent("Span", { actual: stretch.read });
      for (const { face, text, xPt } of stretch.runs) {
        this.#register(face);
        this.#doc.font(face, style.sizePt);
        this.#doc.text(text, left + xPt, baseline, { lineBreak: false, baseline: "alphabetic" });
      }
      if (stretch.read !== "") this.#doc.endMarkedContent();
    }
  }

  fill({ x, y, widthPt, heightPt }: Box, colour: string, radiusPt = 0): void {
    this.#doc.fillColor(this.#paint(colour));
    if (radiusPt > 0) this.#doc.roundedRect(x, y, widthPt, heightPt, radiusPt).fill();
    else this.#doc.rect(x, y, widthPt, heightPt).fill();
  }

  rule(x: number, y: number, widthPt: number, colour: string, thicknessPt: number): void {
    this.fill({ x, y: y - thicknessPt / 2, widthPt, heightPt: thicknessPt }, colour);
  }

  triangle(x: number, y: number, sizePt: number, way: "up" | "down", colour: string): void {
    const [tip, base] = way === "up" ? [y, y + sizePt] : [y + sizePt, y];
    this.#doc
      .fillColor(this.#paint(colour))
      .polygon([x, base], [x + sizePt, base], [x + sizePt / 2, tip])
      .fill();
  }

  image({ bytes, drawing }: Logo, { x, y, widthPt, heightPt }: Box): void {
    if (drawing !== undefined) drawSvg(this.#doc, drawing, { x, y, widthPt, heightPt });
    else this.#doc.image(Buffer.from(bytes), x, y, { width: widthPt, height: heightPt });
  }

  chart(config: ChartConfiguration, { x, y, widthPt, heightPt }: Box): void {
    this.#doc.save().translate(x, y);
    const { canvas } = new PdfkitCanvas(this.#doc, this.#fonts.measure, this.#paint, widthPt, heightPt);
    // Chart.js asks a canvas element for no more than this outside a browser; it draws as it is made
    const chart = new Chart(canvas as unknown as ConstructorParameters<typeof Chart>[0], config);
    chart.destroy();
    this.#doc.restore();
  }

  bookmark(title: string, y: number): void {
    const root = this.#doc.outline;
    // pdfkit places the view from the right edge and knows more options than its types
    const place = { top: Math.max(0, y - 12), left: SHEET.widthPt } as { expanded?: boolean };
    root.addItem(title, place);
  }

  /** Closes the structure. Throws if an element is still open. */
  finish(): void {
    const open = this.#open.map(({ role }) => role);
    if (open.length !== 1) throw new Error(`Cannot finish a document: elements left open: ${open.slice(1).join(", ")}`);
    this.#current().element.end();
  }

  #register(face: FaceName): void {
    if (this.#registered.has(face)) return;
    // pdfkit takes a parsed font wherever it takes the bytes of one
    this.#doc.registerFont(face, this.#fonts.face(face) as unknown as PDFKit.Mixins.PDFFontSource);
    this.#registered.add(face);
  }

  #current() {
    const current = this.#open.at(-1);
    if (current === undefined) throw new Error("Cannot draw on a sheet: its structure is closed");
    return current;
  }
}

/** Neighbouring runs that need the text they stand for beside them are one stretch, the others another. */
function toStretches(runs: readonly PlacedRun[]): { readonly runs: PlacedRun[]; readonly read: string }[] {
  const stretches: { runs: PlacedRun[]; read: string }[] = [];
  for (const run of runs) {
    const last = stretches.at(-1);
    if (last !== undefined && (last.read !== "") === (run.read !== undefined)) {
      last.runs.push(run);
      last.read += run.read ?? "";
    } else stretches.push({ runs: [run], read: run.read ?? "" });
  }
  return stretches;
}
