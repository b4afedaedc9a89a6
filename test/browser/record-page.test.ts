import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHtml } from "../../reporting/html.ts";
import { parseLogo } from "../../reporting/logo.ts";
import { toPalette } from "../../reporting/palette.ts";
import { anEmptyRecord, aRecord } from "../fixtures/a-record.ts";
import { CHROMIUM, openChromium } from "../fixtures/chromium.ts";
import { aPng } from "../fixtures/logos.ts";
import { toUglyRecords } from "../fixtures/ugly-records.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LOGOS = {
  house: { logo: parseLogo(aPng(), "house.png"), name: "Practice House" },
  partner: parseLogo(aPng(80, 80), "acme.png"),
};
const PAGES = {
  ordinary: toHtml(aRecord()),
  styled: toHtml(aRecord(), { palette: toPalette("#7a1f3d"), words: { logos: LOGOS } }),
  empty: toHtml(anEmptyRecord()),
  ...Object.fromEntries(Object.entries(toUglyRecords()).map(([name, record]) => [name, toHtml(record)])),
};

let chromium: Awaited<ReturnType<typeof openChromium>>;
let browser: Browser;

async function openPage(text: string, width: number): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith("data:")) said.push(`asked for ${request.url()}`);
  });
  await page.setContent(text, { waitUntil: "load" });
  return { page, said };
}

describe.skipIf(CHROMIUM === "")("a record as a page in a real browser", () => {
  beforeAll(async () => {
    chromium = await openChromium();
    ({ browser } = chromium);
  });
  afterAll(() => chromium?.[Symbol.asyncDispose]());

  it.each(Object.entries(PAGES))("breaks no rule of WCAG 2.2 AA that axe knows: %s", async (_, text) => {
    for (const width of [1280, 375]) {
      const { page } = await openPage(text, width);
      await page.evaluate(AXE); // not as a script of the page: its policy allows none
      const results = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`)) as AxeResults; // what axe.run resolves to
      expect(results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      expect(results.passes.length).toBeGreaterThan(20);
      await page.close();
    }
  });

  it.each(Object.entries(PAGES))(
    "fits 320 pixels without scrolling sideways, fetches nothing, breaks no policy: %s",
    async (_, text) => {
      const { page, said } = await openPage(text, 320);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
      expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight")).toBe("700");
      expect(said).toEqual([]);
      await page.close();
    },
  );

  it("offers with the first press of Tab to skip to the record", async () => {
    const { page } = await openPage(PAGES.ordinary, 1280);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the record");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("content");
    await page.close();
  });

  it("prints on A4 with nothing cut off at the side", async () => {
    const { page } = await openPage(PAGES.ordinary, 680); // A4 less its margins, in CSS pixels
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.close();
  });
});
