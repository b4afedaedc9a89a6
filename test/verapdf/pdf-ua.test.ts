import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseLogo } from "../../reporting/logo.ts";
import { toPalette } from "../../reporting/palette.ts";
import { toPdf } from "../../reporting/pdf.ts";
import { aRecord } from "../fixtures/a-record.ts";
import { aPng } from "../fixtures/logos.ts";
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
      const house = { logo: parseLogo(aPng(), "house.png"), name: "Practice House" };
      const logos = { house, partner: parseLogo(aPng(80, 80), "acme.png") };
      const styled = await toPdf(aRecord(), { palette: toPalette("#7a1f3d"), words: { logos } });
      writeFileSync(join(folder, "styled.pdf"), styled);
      const others = given === "" ? 0 : readdirSync(given).filter((name) => name.endsWith(".pdf")).length;
      const verdicts = await validateFolders(given === "" ? [folder] : [folder, given]);
      expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
      expect(verdicts).toHaveLength(records.length + 1 + others);
      for (const { checks, file } of verdicts) expect(checks, file).toBeGreaterThan(1_000);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
