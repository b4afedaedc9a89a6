import PDFDocument from "pdfkit";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Page } from "./blocks.ts";
import { type Placed, toPages } from "./flow.ts";
import { type Fonts, openFonts } from "./fonts.ts";
import { toPieces } from "./layout.ts";
import { type PageWords, toPage } from "./page.ts";
import { type Palette, ROEBUCK_PALETTE } from "./palette.ts";
import { toPackedPdf } from "./pdf-packing.ts";
import { PdfkitSheet } from "./pdfkit-sheet.ts";
import { toPrintableRecord } from "./printable.ts";
import { COLOURS, SHEET, STYLES, TEXT_WIDTH_PT } from "./theme.ts";
import { toClipped } from "./typeset.ts";

/** What a PDF needs besides its record; everything has a default. */
export interface PdfAssets {
  /** Parsed fonts; those of the process if left out. */
  readonly fonts?: Fonts;
  readonly words?: PageWords;
  readonly palette?: Palette;
}

const AREA_HEIGHT_PT = SHEET.heightPt - SHEET.topPt - SHEET.bottomPt;

/**
 * A record as a tagged A4 PDF (1.7, PDF/UA-1) with embedded fonts, charts as vectors, and no raster but a logo.
 *
 * The same record gives the same bytes: the document's dates are `closed_at`, its id follows from its metadata.
 * Throws if `closed_at` is no instant or the Partner's zone is unknown.
 */
export async function toPdf(record: RecordOfEngagement, assets: PdfAssets = {}): Promise<Uint8Array> {
  const fonts = assets.fonts ?? openFonts();
  const page = toPage(toPrintableRecord(record, fonts.covers), assets.words);
  return toPdfOfPage(page, record.closed_at, fonts, assets.palette);
}

/** A drawing list as a PDF dated `instant` (ISO 8601). Throws RangeError if that is no instant. */
export async function toPdfOfPage(
  page: Page,
  instant: string,
  fonts: Fonts,
  palette: Palette = ROEBUCK_PALETTE,
): Promise<Uint8Array> {
  const doc = openDocument(page, new Date(instant));
  const sheet = new PdfkitSheet(doc, fonts, palette);
  const pages = toPages(toPieces(page.blocks, TEXT_WIDTH_PT, fonts.measure), AREA_HEIGHT_PT);
  for (const [index, placed] of pages.entries()) {
    doc.addPage();
    drawPage(sheet, placed);
    drawFooter(doc, sheet, page.footer, `Page ${index + 1} of ${pages.length}`, fonts);
  }
  sheet.finish();
  doc.end();
  return readAll(doc);
}

function openDocument(page: Page, closed: Date): PDFKit.PDFDocument {
  if (Number.isNaN(closed.getTime())) throw new RangeError(`Cannot date "${page.title}": closed_at must be ISO 8601`);
  const options = {
    size: [SHEET.widthPt, SHEET.heightPt],
    margin: 0,
    autoFirstPage: false,
    font: "",
    pdfVersion: "1.7",
    subset: "PDF/UA",
    tagged: true,
    lang: "en-GB",
    displayTitle: true,
    info: {
      Title: toMetadata(page.title),
      Subject: toMetadata(page.subject),
      Author: "Roebuck",
      Creator: "Roebuck",
      Producer: "Roebuck",
      CreationDate: closed,
      ModDate: closed,
    },
  };
  // pdfkit knows the subset PDF/UA, its types do not yet
  const doc = new PDFDocument(options as unknown as PDFKit.PDFDocumentOptions);
  // As a number, pdfkit would also list the glyphs of each font and leave out the parts of composed letters
  // (even "i" has two), which PDF/UA forbids; as text it is only written into the metadata.
  Object.assign(doc, { subset: "1" });
  return doc;
}

/** pdfkit writes the metadata into XML as they are, so what XML would read as markup is put into words. */
function toMetadata(text: string): string {
  return text.replaceAll("&", "and").replace(/[<>]/g, "");
}

function drawPage(sheet: PdfkitSheet, placed: readonly Placed[]): void {
  for (const { piece, y } of placed) piece.draw(sheet, SHEET.leftPt, SHEET.topPt + y);
}

function drawFooter(doc: PDFKit.PDFDocument, sheet: PdfkitSheet, text: string, number: string, fonts: Fonts): void {
  const style = STYLES.footer;
  const room = TEXT_WIDTH_PT - 70;
  doc.markContent("Artifact", { type: "Pagination", attached: ["Bottom"] });
  sheet.rule(SHEET.leftPt, SHEET.footerTopPt - 6, TEXT_WIDTH_PT, COLOURS.line, 0.5);
  sheet.text(toClipped(text, style, room, fonts.measure), SHEET.leftPt, SHEET.footerTopPt, style);
  sheet.text(number, SHEET.leftPt, SHEET.footerTopPt, style, { widthPt: TEXT_WIDTH_PT, align: "right" });
  doc.endMarkedContent();
}

async function readAll(doc: PDFKit.PDFDocument): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of doc) chunks.push(chunk);
  return toPackedPdf(Buffer.concat(chunks));
}
