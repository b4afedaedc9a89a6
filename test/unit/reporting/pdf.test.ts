import { inflateSync } from "node:zlib";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { describe, expect, it } from "vitest";
import type { Block } from "../../../reporting/blocks.ts";
import { type Piece, toPages } from "../../../reporting/flow.ts";
import { openFonts } from "../../../reporting/fonts.ts";
import { toPieces } from "../../../reporting/layout.ts";
import { toPage } from "../../../reporting/page.ts";
import { CARD_FIGURES } from "../../../reporting/page-cover.ts";
import { toPdf, toPdfOfPage } from "../../../reporting/pdf.ts";
import { STYLES } from "../../../reporting/theme.ts";
import { toClipped, toIndentedLines, toLines } from "../../../reporting/typeset.ts";
import type { RecordOfEngagement, UseRow } from "../../../schemas/record.ts";
import { anEmptyRecord, aRecord, someFigures, someResources } from "../../fixtures/a-record.ts";
import { toUglyRecords } from "../../fixtures/ugly-records.ts";

interface StructNode {
  readonly role?: string;
  readonly alt?: string;
  readonly children?: readonly StructNode[];
}

/** What a reader finds in a PDF. */
async function readPdf(bytes: Uint8Array) {
  const doc = await getDocument({ data: bytes.slice(), verbosity: 0, useSystemFonts: false }).promise;
  const pages: string[] = [];
  const nodes: StructNode[] = [];
  for (let number = 1; number <= doc.numPages; number++) {
    const page = await doc.getPage(number);
    const content = await page.getTextContent();
    pages.push(content.items.map((item) => ("str" in item ? item.str : "")).join(" "));
    nodes.push(...toNodes((await page.getStructTree()) as StructNode)); // pdfjs types a node's children as any
  }
  const outline = (await doc.getOutline())?.map((item) => item.title);
  const { info } = await doc.getMetadata();
  const markInfo = await doc.getMarkInfo();
  await doc.destroy();
  return {
    pages,
    text: pages.join(" ").replace(/\s+/g, " "),
    nodes,
    outline,
    info: info as Record<string, unknown>,
    markInfo,
  };
}

function toNodes(node: StructNode): StructNode[] {
  return [node, ...(node.children ?? []).flatMap(toNodes)];
}

/** The objects of a PDF as text, those that are packed into a stream unpacked. */
function toRaw(bytes: Uint8Array): string {
  const raw = Buffer.from(bytes).toString("latin1");
  const packed = [...raw.matchAll(/\/Type \/ObjStm [^>]*>>\nstream\n/g)];
  return [
    raw,
    ...packed.map(({ index, 0: head }) => inflateSync(bytes.subarray(index + head.length)).toString("latin1")),
  ].join("\n");
}

/** Every number that a record prints. */
function toPrintedNumbers(record: RecordOfEngagement): number[] {
  const use = (row: UseRow) => [row.uniqueRequests, row.totalRequests, row.people];
  const how = record.how_counted;
  return [
    ...CARD_FIGURES.map((name) => record.figures[name]),
    ...CARD_FIGURES.flatMap((name) => record.previous?.[name] ?? []),
    ...record.trend.flatMap(({ figures }) => [figures.Unique_Item_Requests, figures.active_people]),
    ...record.top_resources.flatMap(use),
    ...record.by_kind.flatMap(use),
    ...record.top_pages.flatMap((row) => [row.views, row.people]),
    ...[how.received, how.double_clicks, how.counted, ...Object.values(how.dropped)],
    ...Object.values(how.counted_by_purpose),
    record.partner.seats,
  ].filter((value) => value !== null);
}

function toTally(numbers: readonly number[]): Map<number, number> {
  const tally = new Map<number, number>();
  for (const number of numbers) tally.set(number, (tally.get(number) ?? 0) + 1);
  return tally;
}

describe("toPdf()", () => {
  it("shows every number of the record, as often as the record has it", async () => {
    const record = aRecord();
    const { text } = await readPdf(await toPdf(record));
    const found = toTally((text.match(/\d[\d,]*/g) ?? []).map((number) => Number(number.replaceAll(",", ""))));
    for (const [number, times] of toTally(toPrintedNumbers(record))) {
      expect([number, found.get(number) ?? 0], `${number} printed`).toEqual([
        number,
        expect.toSatisfy((is: number) => is >= times),
      ]);
    }
  });

  it("keeps its words whole when they are copied or searched", async () => {
    const { text } = await readPdf(await toPdf(aRecord()));
    expect(text).toContain("Supervision that makes a difference");
    expect(text).toContain("Barnsetshire County Council");
    expect(text).toContain("fewer than 5");
    expect(text).toContain("Resources used in full, each at most once per person and clock hour, whatever the format.");
  });

  it("fills four to six numbered pages in an ordinary month", async () => {
    const { pages } = await readPdf(await toPdf(aRecord()));
    expect(pages.length).toBeGreaterThanOrEqual(4);
    expect(pages.length).toBeLessThanOrEqual(6);
    for (const [index, text] of pages.entries()) expect(text).toContain(`Page ${index + 1} of ${pages.length}`);
  });

  it.each(Object.entries(toUglyRecords()))(
    "prints %s on at most seven pages, with nothing unworded",
    async (_, record) => {
      const { pages, text } = await readPdf(await toPdf(record));
      expect(pages.length).toBeLessThanOrEqual(7);
      expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
    },
  );

  it("gives the same bytes again, whatever was made in between", async () => {
    const first = await toPdf(aRecord());
    const other = someResources(9).map((row) => ({ ...row, title: "Ángström ﬁ 1\u00a0000 Größe" }));
    await toPdf(aRecord({ top_resources: other, figures: someFigures(3) }));
    expect(Buffer.compare(await toPdf(aRecord()), first)).toBe(0);
  });

  it("makes documents side by side without mixing them up", async () => {
    const names = ["Alpha", "Beta", "Gamma"];
    const records = names.map((name) => aRecord({ partner: { ...aRecord().partner, name } }));
    const texts = await Promise.all(records.map(async (record) => (await readPdf(await toPdf(record))).text));
    for (const [index, text] of texts.entries()) {
      expect(names.filter((name) => text.includes(name))).toEqual([names[index]]);
    }
  });

  it("is smaller than 120 KB and holds no raster image", async () => {
    const bytes = await toPdf(aRecord({ top_resources: someResources(60) }));
    expect(bytes.byteLength).toBeLessThan(120_000);
    expect(toRaw(bytes)).not.toContain("/Subtype /Image");
  });

  it("carries title, language, dates and bookmarks", async () => {
    const bytes = await toPdf(aRecord());
    const { info, outline } = await readPdf(bytes);
    expect(info.Title).toBe("Record of Engagement: Barnsetshire County Council, October 2026");
    expect(info.Language).toBe("en-GB");
    expect(info.CreationDate).toBe("D:20261103020004Z");
    expect(outline?.[0]).toBe("Record of Engagement: October 2026");
    expect(outline).toContain("How it was counted");
    expect(toRaw(bytes)).toMatch(/<pdfuaid:part>1<\/pdfuaid:part>/);
    expect(toRaw(bytes)).toContain("/DisplayDocTitle true");
    expect(toRaw(bytes), "a list of glyphs, if any, must be complete").not.toContain("/CIDSet");
  });

  it("keeps the metadata well-formed when a name holds markup", async () => {
    const partner = { ...aRecord().partner, name: "A & B <Trust>" };
    const bytes = await toPdf(aRecord({ partner }));
    expect(toRaw(bytes)).toContain("Record of Engagement: A and B Trust, October 2026</rdf:li>");
    expect((await readPdf(bytes)).text).toContain("A & B <Trust>");
  });
});

describe("toPdf() for people who listen", () => {
  it("tags one H1, headings, tables with scoped headers, lists and figures with their data in words", async () => {
    const bytes = await toPdf(aRecord());
    const { nodes, markInfo } = await readPdf(bytes);
    const count = (role: string) => nodes.filter((node) => node.role === role).length;
    expect(markInfo?.Marked).toBe(true);
    expect(count("H1")).toBe(1);
    expect(count("Table"), "each chart is followed by its numbers").toBeGreaterThan(count("Figure"));
    const raw = toRaw(bytes);
    expect(count("TH")).toBe((raw.match(/\/Scope \/(Column|Row)/g) ?? []).length);
    const alts = nodes.filter((node) => node.role === "Figure").map((node) => node.alt ?? "");
    expect(alts.find((alt) => alt.startsWith("Bar chart of unique requests"))).toContain("October 2025: 1,598");
    expect(alts.find((alt) => alt.startsWith("Bar chart of counted actions"))).toContain(
      `31 October: ${aRecord().days[30]}`,
    );
    expect(alts.find((alt) => alt.startsWith("Grid of page views"))).toContain("Busiest: Thursday");
    for (const alt of alts) expect(alt.length).toBeGreaterThan(20);
  });

  it("keeps rows regular: as many cells in each as the table has columns", async () => {
    const { nodes } = await readPdf(await toPdf(aRecord()));
    for (const table of nodes.filter((node) => node.role === "Table")) {
      const widths = (table.children ?? []).map((row) => row.children?.length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it("marks everything drawn as content or as decoration, never one inside the other", async () => {
    let depth = 0;
    let drawn = 0;
    for (const line of toOperators(await toPdf(aRecord())).split("\n")) {
      if (/ B[DM]C$/.test(line)) depth++;
      else if (line === "EMC") depth--;
      else if (/ TJ$|^f\*?$|^S$/.test(line)) {
        drawn++;
        expect(depth, line).toBe(1);
      }
    }
    expect(depth).toBe(0);
    expect(drawn).toBeGreaterThan(500);
  });
});

/** The drawing operators of all pages: the streams of the file that hold marked content. */
function toOperators(bytes: Uint8Array): string {
  const starts = [...toRaw(bytes).matchAll(/\/FlateDecode\n>>\nstream\n/g)].map(
    ({ index, 0: { length } }) => index + length,
  );
  const streams = starts.map((start) => inflateSync(bytes.subarray(start)).toString("latin1"));
  return streams.filter((stream) => stream.includes(" BDC")).join("\n");
}

describe("toPdf() when records are ugly", () => {
  const long = "An extraordinarily long title about safeguarding ".repeat(7).slice(0, 300);

  it.each([
    ["300 characters", long, "An extraordinarily long title about safeguarding"],
    ["300 characters without a space", "x".repeat(300), "xxxxxxxx"],
    ["a direction override", "\u202Eevil title", "evil title"],
    ["Thai", "คู่มือ ปฏิบัติ", "[Thai]"],
    ["Chinese and emoji", "Guide 指南 👪", "Guide [Chinese or Japanese]"],
    ["only emoji", "👪🎉", "pg-104"],
    ["markup", "<script>&amp;", "<script>&amp;"],
    ["nothing", "", "pg-104"],
  ])("prints a title of %s", async (_, title, printed) => {
    const top_resources = someResources(60).map((row) => ({ ...row, title }));
    const { text } = await readPdf(await toPdf(aRecord({ top_resources })));
    expect(text).toContain(printed);
    for (const character of ["\u202E", "\uFFFD", "\u0000"]) expect(text).not.toContain(character);
  });

  it("prints a Partner's name of 300 characters and numbers of any size", async () => {
    const partner = { ...aRecord().partner, name: long };
    const record = aRecord({ partner, figures: someFigures(1_000_000), version: 12, reason: long.repeat(70) });
    const { pages, text } = await readPdf(await toPdf(record));
    expect(pages.length).toBeLessThanOrEqual(8);
    for (const number of ["2,219,000,000", "6,305,000,000"]) expect(text).toContain(number);
  });

  it("reads gracefully when everything is 0", async () => {
    const { text } = await readPdf(await toPdf(anEmptyRecord()));
    expect(text).toContain("no signed-in use of the website");
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it("refuses a record without a closing instant", async () => {
    await expect(toPdf(aRecord({ closed_at: "soon" }))).rejects.toThrow(RangeError);
  });
});

describe("toPdfOfPage()", () => {
  it("goes on with a table on the next page under its head, which listeners hear once", async () => {
    const columns = [
      { title: "Thing", align: "left", widthPt: "rest" },
      { title: "Number", align: "right", widthPt: 60 },
    ] as const;
    const rows = Array.from({ length: 140 }, (_, index) => ({
      cells: [{ text: `Row ${index}` }, { text: String(index) }],
    }));
    const blocks: Block[] = [
      { kind: "heading", text: "Things" },
      { kind: "table", summary: "Things", columns, rows, linesMax: 1 },
    ];
    const page = { title: "A list", subject: "", footer: "A list", blocks };
    const bytes = await toPdfOfPage(page, "2026-11-03T00:00:00Z", openFonts());
    const { pages } = await readPdf(bytes);
    expect(pages).toHaveLength(3);
    for (const [index, text] of pages.entries()) {
      expect(text).toContain("Thing");
      expect(text).toContain(`Page ${index + 1} of 3`);
    }
    expect(toRaw(bytes).match(/\/S \/TR\b/g)).toHaveLength(141);
    for (const row of rows) expect(pages.join(" ")).toContain(row.cells[0]?.text);
  });
});

describe("toPieces()", () => {
  it("keeps a paragraph on the page of the table that it tells of, and of no other block", () => {
    const { measure } = openFonts();
    const text = (words: string): Block => ({ kind: "paragraph", tone: "small", text: words });
    const columns = [{ title: "Thing", align: "left", widthPt: "rest" }] as const;
    const table: Block = {
      kind: "table",
      summary: "Things",
      columns,
      rows: [{ cells: [{ text: "One" }] }],
      linesMax: 1,
    };
    const pieces = toPieces([text("Before a paragraph"), text("Before a table"), table], 400, measure);
    expect(pieces.slice(0, 2).map(({ keepWithNext }) => keepWithNext)).toEqual([false, true]);
  });
});

describe("a withheld number", () => {
  const { measure } = openFonts();
  const tables = (blocks: readonly Block[]): Block[] =>
    blocks.flatMap((block) => (block.kind === "columns" ? tables([...block.left, ...block.right]) : [block]));
  const none = { uniqueRequests: null, totalRequests: null, uniqueInvestigations: null, totalInvestigations: null };
  const rows = someResources(6).map((row) => ({ ...row, ...none, people: null }));
  const parts = {
    top_resources: rows,
    by_kind: rows,
    by_topic: rows,
    top_pages: aRecord().top_pages.map((row) => ({ ...row, views: null, people: null })),
    departments: aRecord().departments.map((row) => ({ ...row, people: null, uniqueRequests: null, actions: null })),
    events: aRecord().events.map((row) => ({ ...row, attendees: null })),
    days: aRecord().days.map(() => null),
    weekday_hours: aRecord().weekday_hours.map((hours) => hours.map(() => null)),
  };

  it.each([5, 10, 100])("of fewer than %i people runs into no number beside it", (people_min) => {
    for (const block of tables(toPage(aRecord({ ...parts, people_min })).blocks)) {
      if (block.kind !== "table") continue;
      const style = block.isCompact === true ? STYLES.cellCompact : STYLES.cell;
      for (const { cells } of block.rows)
        for (const [at, { widthPt, align }] of block.columns.entries())
          if (widthPt !== "rest" && align === "right")
            expect(measure(cells[at]?.text ?? "", style), block.summary).toBeLessThan(widthPt - 2);
    }
  });
});

describe("toPages()", () => {
  const piece = (heightPt: number, more: Partial<Piece> = {}): Piece => ({
    heightPt,
    beforePt: 0,
    keepWithNext: false,
    draw: () => {},
    ...more,
  });
  const sizes = (pieces: Piece[]) => toPages(pieces, 100).map((page) => page.map(({ y }) => y));

  it("starts a page when a piece does not fit, without the room above it", () => {
    expect(sizes([piece(60), piece(30, { beforePt: 10 }), piece(10, { beforePt: 10 })])).toEqual([[0, 70], [0]]);
  });

  it("moves a heading along with what it heads", () => {
    expect(sizes([piece(60), piece(20, { keepWithNext: true }), piece(30)])).toEqual([[0], [0, 20]]);
  });

  it("repeats a table's head where the table goes on", () => {
    const continuation = { heightPt: 15, draw: () => {} };
    expect(sizes([piece(90), piece(20, { continuation })])).toEqual([[0], [0, 15]]);
  });

  it("starts a page where one is asked for, unless the page has hardly begun", () => {
    expect(sizes([piece(60), piece(10, { newPage: true })])).toEqual([[0], [0]]);
    expect(sizes([piece(40), piece(10, { newPage: true })])).toEqual([[0, 40]]);
  });

  it("divides a group that is higher than a page rather than lose it", () => {
    const tall = Array.from({ length: 12 }, (_, index) => piece(20, { keepWithNext: index < 11 }));
    expect(toPages(tall, 100).flat()).toHaveLength(12);
    for (const page of toPages(tall, 100)) expect(page.length).toBeLessThanOrEqual(5);
  });
});

describe("typesetting", () => {
  const { measure } = openFonts();
  const style = STYLES.body;

  it("toLines() keeps every word and no line too wide", () => {
    const text = "Every view, download or play of a resource, after removing double-clicks (30 seconds).";
    for (const widthPt of [40, 80, 160, 400]) {
      const lines = toLines(text, style, widthPt, measure);
      expect(lines.join(" ").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      for (const line of lines) expect(measure(line, style)).toBeLessThanOrEqual(widthPt);
    }
  });

  it("toLines() ends in an ellipsis when there are more lines than allowed", () => {
    const lines = toLines("word ".repeat(80).trim(), style, 100, measure, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
    expect(measure(lines[1] ?? "", style)).toBeLessThanOrEqual(100);
  });

  it("toIndentedLines() leaves room on the first line", () => {
    const lines = toIndentedLines("one two three four five six", style, 80, 50, measure);
    expect(measure(lines[0] ?? "", style)).toBeLessThanOrEqual(30);
    expect(lines.join(" ").trim()).toBe("one two three four five six");
  });

  it("toClipped() leaves a text alone when it fits", () => {
    expect(toClipped("short", style, 100, measure)).toBe("short");
    expect(toClipped("much too long for it", style, 40, measure)).toMatch(/^much.*…$/);
  });

  it("openFonts() joins digits and commas as the font itself would: one width, no kerning", () => {
    for (const face of (["regular", "semibold", "bold"] as const).map(openFonts().face)) {
      for (const one of "0123456789,") {
        for (const other of "0123456789,") {
          // features, even none, ask the font itself
          expect(face.layout(one + other).advanceWidth).toBe(face.layout(one + other, []).advanceWidth);
        }
      }
    }
  });
});
