import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toPdf } from "../../reporting/pdf.ts";
import { aRecord } from "../fixtures/a-record.ts";
import { toUglyRecords } from "../fixtures/ugly-records.ts";
import { toSkipLine, validateFolders } from "./verapdf.ts";

const skip = toSkipLine();
if (skip !== undefined) process.stdout.write(`${skip}\n`);

/** A folder of PDFs made elsewhere, such as the demo's, to be held against the standard too. */
const given = process.env.ROEBUCK_TEST_PDF_FOLDER ?? "";

describe.skipIf(skip !== undefined)("every record as PDF", () => {
  it("passes PDF/UA-1 in veraPDF, ordinary or ugly", async () => {
    const folder = mkdtempSync(join(tmpdir(), "roebuck-pdf-ua-"));
    try {
      const records = Object.entries({ ordinary: aRecord(), ...toUglyRecords() });
      for (const [name, record] of records) writeFileSync(join(folder, `${name}.pdf`), await toPdf(record));
      const others = given === "" ? 0 : readdirSync(given).filter((name) => name.endsWith(".pdf")).length;
      const verdicts = await validateFolders(given === "" ? [folder] : [folder, given]);
      expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
      expect(verdicts).toHaveLength(records.length + others);
      for (const { checks, file } of verdicts) expect(checks, file).toBeGreaterThan(1_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
