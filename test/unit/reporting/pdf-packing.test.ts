import { describe, expect, it } from "vitest";
import { toPdf } from "../../../reporting/pdf.ts";
import { toPackedPdf } from "../../../reporting/pdf-packing.ts";
import { aRecord } from "../../fixtures/a-record.ts";

const latin = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

/** The smallest file of the form that pdfkit writes: a catalog, a page tree and a stream. */
function aPdf(): string {
  const objects = [
    "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
    "2 0 obj\n<< /Type /Pages /Count 0 /Kids [] >>\nendobj\n",
    "3 0 obj\n<< /Length 6 >>\nstream\nendobj\nendstream\nendobj\n",
  ];
  let at = "%PDF-1.7\n".length;
  const offsets = objects.map((object) => {
    at += object.length;
    return String(at - object.length).padStart(10, "0");
  });
  const table = offsets.map((offset) => `${offset} 00000 n \n`).join("");
  return `%PDF-1.7\n${objects.join("")}xref\n0 4\n0000000000 65535 f \n${table}trailer\n<<\n/Size 4\n/Root 1 0 R\n>>\nstartxref\n${at}\n%%EOF\n`;
}

describe("toPackedPdf()", () => {
  it("packs what is no stream, keeps what is one to the byte, and ends where a reader looks", () => {
    const packed = Buffer.from(toPackedPdf(latin(aPdf()))).toString("latin1");
    expect(packed).toContain("3 0 obj\n<< /Length 6 >>\nstream\nendobj\nendstream\nendobj\n");
    expect(packed).not.toContain("1 0 obj\n<< /Type /Catalog");
    expect(packed).toMatch(/\/Type \/ObjStm \/N 2 /);
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(packed)?.[1]);
    expect(packed.slice(start)).toMatch(/^5 0 obj\n<<\/Type \/XRef \/Size 6 \/W \[1 3 2\]\n\/Root 1 0 R/);
  });

  it.each([
    ["no table", "%PDF-1.7\nhello"],
    ["a table that is already packed", ""],
    ["a table that says wrongly where objects are", aPdf().replace("1 0 obj", "7 0 obj")],
  ])("refuses a file with %s", async (_, text) => {
    const bytes = text === "" ? await toPdf(aRecord()) : latin(text);
    expect(() => toPackedPdf(bytes)).toThrow("Cannot pack a PDF");
  });

  it("keeps a record of an ordinary month below 60 KB", async () => {
    expect((await toPdf(aRecord())).byteLength).toBeLessThan(60_000);
  });
});
