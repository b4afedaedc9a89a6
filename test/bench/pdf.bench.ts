import PDFDocument from "pdfkit";
import type { Block } from "../../reporting/blocks.ts";
import { type Fonts, openFonts } from "../../reporting/fonts.ts";
import { toPage } from "../../reporting/page.ts";
import { toPdf } from "../../reporting/pdf.ts";
import { SHEET, STYLES, TEXT_WIDTH_PT } from "../../reporting/theme.ts";
import { toLines } from "../../reporting/typeset.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { aRecord, someResources } from "../fixtures/a-record.ts";
import type { BenchRow } from "./bench-row.ts";

const WARM_UP = 30;
const DOCUMENTS = 150;
/** 1,000 PDFs in 60 s on 2 cores. */
const PER_SECOND_MIN = 1000 / 60 / 2;
const KILOBYTES_MAX = 120;
const GROWTH_MB_MAX = 20;

/**
 * Records as PDFs on one core, beside documents of the same words and fonts with neither charts, tags nor layout.
 *
 * Each document has titles and numbers of its own, so that no cache can help more than it would in a month's run.
 */
export async function benchPdf(): Promise<BenchRow[]> {
  const fonts = openFonts();
  const ours = (index: number) => toPdf(toRecordOf(index), { fonts });
  const plain = (index: number) => toTextOnly(toRecordOf(index), fonts);
  for (let index = 0; index < WARM_UP; index++) await Promise.all([ours(index), plain(index)]);
  const heapBefore = toHeapMb();
  const full = await timeDocuments(ours);
  const heapAfter = toHeapMb();
  const text = await timeDocuments(plain);
  const stage = "report";
  return [
    {
      stage,
      what: "records as PDF, one core",
      value: full.perSecond,
      unit: "PDF/s",
      limit: text.perSecond,
      limitWhat: "the same words in the same fonts, nothing else",
      ratio: full.perSecond / text.perSecond,
      bar: "1,000 in 60 s on 2 cores (8.3 a second and core)",
      met: full.perSecond >= PER_SECOND_MIN,
    },
    {
      stage,
      what: "size of a record's PDF",
      value: full.kilobytes,
      unit: "KB",
      limit: text.kilobytes,
      limitWhat: "the same words in the same fonts, nothing else",
      ratio: text.kilobytes / full.kilobytes,
      bar: `at most ${KILOBYTES_MAX} KB`,
      met: full.kilobytes <= KILOBYTES_MAX,
    },
    {
      stage,
      what: `heap after ${DOCUMENTS} PDFs`,
      value: heapAfter,
      unit: "MB",
      limit: heapBefore,
      limitWhat: "heap before them, fonts and warm caches in it",
      ratio: heapBefore / heapAfter,
      bar: `at most ${GROWTH_MB_MAX} MB more`,
      met: heapAfter - heapBefore <= GROWTH_MB_MAX,
    },
  ];
}

function toRecordOf(index: number): RecordOfEngagement {
  const record = aRecord();
  const top_resources = someResources().map((row, at) => ({
    ...row,
    title: `${row.title} ${index}-${at}`,
    uniqueRequests: (index * 37 + at * 101) % 5000,
  }));
  return { ...record, top_resources, partner: { ...record.partner, name: `Partner number ${index}` } };
}

async function timeDocuments(make: (index: number) => Promise<Uint8Array>) {
  let bytes = 0;
  const start = performance.now();
  for (let index = 0; index < DOCUMENTS; index++) bytes += (await make(WARM_UP + index)).byteLength;
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: DOCUMENTS / seconds, kilobytes: bytes / DOCUMENTS / 1000 };
}

/** Collects first where node was started with --expose-gc. */
function toHeapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1_000_000;
}

async function toTextOnly(record: RecordOfEngagement, fonts: Fonts): Promise<Uint8Array> {
  const style = STYLES.body;
  const doc = new PDFDocument({ size: "A4", margin: 0, font: "", autoFirstPage: false });
  // pdfkit takes a parsed font wherever it takes the bytes of one
  doc.registerFont("regular", fonts.face("regular") as unknown as PDFKit.Mixins.PDFFontSource);
  let y = Number.POSITIVE_INFINITY;
  for (const line of toTexts(toPage(record).blocks).flatMap((text) =>
    toLines(text, style, TEXT_WIDTH_PT, fonts.measure),
  )) {
    if (y > SHEET.heightPt - SHEET.bottomPt) {
      doc.addPage().font("regular", style.sizePt);
      y = SHEET.topPt;
    }
    doc.text(line, SHEET.leftPt, y, { lineBreak: false });
    y += style.leadingPt;
  }
  doc.end();
  const chunks: Uint8Array[] = [];
  for await (const chunk of doc) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Every text of the blocks, in order; those of charts are their numbers. */
function toTexts(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block): string[] => {
    switch (block.kind) {
      case "masthead":
        return [block.edition, block.kicker, block.title, block.month, block.facts];
      case "cards":
        return block.cards.flatMap((card) => [card.label, card.value, card.change, card.before]);
      case "table":
        return [
          ...block.columns.map(({ title }) => title),
          ...block.rows.flatMap((row) => row.cells.map(({ text }) => text)),
        ];
      case "definitions":
        return block.items.map((item) => `${item.term} ${item.prose} ${item.source}`);
      case "columns":
        return [...toTexts(block.left), ...toTexts(block.right)];
      case "chart":
      case "bands":
      case "heat":
        return [block.caption, block.alt];
      case "new-page":
        return [];
      default:
        return [block.text];
    }
  });
}
