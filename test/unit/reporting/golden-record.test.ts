import { describe, expect, it } from "vitest";
import { toHtml } from "../../../reporting/html.ts";
import { toJson } from "../../../reporting/json.ts";
import { toPdf } from "../../../reporting/pdf.ts";
import { aRecord } from "../../fixtures/a-record.ts";
import { readPdfText } from "../../fixtures/pdf-text.ts";

// Reviewed files: a change of what a record says shows as a diff. `npx vitest run --project unit -u golden` writes them.
describe("a record of an ordinary month", () => {
  it("has the JSON that was reviewed", async () => {
    await expect(toJson(aRecord())).toMatchFileSnapshot("../../fixtures/golden/record.golden.json.txt");
  });

  it("says in its PDF, page by page, what was reviewed", async () => {
    const pages = await readPdfText(await toPdf(aRecord()));
    const text = pages.map(
      (page, index) => `--- page ${index + 1}\n${page.replace(/ {2,}/g, " ").replace(/(.{1,110}) /g, "$1\n")}\n`,
    );
    await expect(text.join("\n")).toMatchFileSnapshot("../../fixtures/golden/record.pdf.txt");
  });

  it("says in its page what was reviewed", async () => {
    const [, body = ""] = /<main[^>]*>([\s\S]*)<\/main>/.exec(toHtml(aRecord())) ?? [];
    const text = body
      .replace(/<svg[\s\S]*?<\/svg>|\n(?=<t[dh])/g, "")
      .replace(/<\/(?:t[dh]|span|strong|dt)>/g, " ")
      .replace(/<[^>]+>/g, "");
    await expect(text.replace(/[ \t]+/g, " ").replace(/\n\s*\n+/g, "\n")).toMatchFileSnapshot(
      "../../fixtures/golden/record.html.txt",
    );
  });
});
