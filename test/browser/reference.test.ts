import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiHouse, openApiHouse } from "../fixtures/api-house.ts";
import { CHROMIUM, openChromium } from "../fixtures/chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** A folder that pictures of the page are written to; empty: none. */
const { ROEBUCK_TEST_PICTURES: PICTURES = "" } = process.env;

let api: ApiHouse;
let chromium: Awaited<ReturnType<typeof openChromium>>;

describe.skipIf(CHROMIUM === "")("the reference of the API in a real browser", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    api = await openApiHouse();
    chromium = await openChromium();
  }, 240_000);
  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  it.each([1280, 375, 320])(
    "breaks no rule of WCAG 2.2 AA that axe knows, %i wide, and asks for nothing else",
    async (width) => {
      const context = await chromium.browser.newContext({ viewport: { width, height: 900 } });
      const said: string[] = [];
      context.on("console", (message) => said.push(message.text()));
      context.on("request", (request) => {
        if (request.url() !== `${api.url}/docs`) said.push(`asked for ${request.url()}`);
      });
      const page = await context.newPage();
      await page.goto(`${api.url}/docs`);
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      await page.evaluate(AXE); // not as a script of the page: its policy allows none
      const results = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`)) as AxeResults; // what axe.run resolves to
      expect(results.passes.length).toBeGreaterThan(15);
      expect(results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      if (PICTURES !== "") {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `docs-${width}.png`) });
        await page.getByText("/v1/views/{view}").last().scrollIntoViewIfNeeded();
        await page.screenshot({ path: join(PICTURES, `docs-views-${width}.png`) });
      }
      expect(said).toEqual([]);
      await context.close();
    },
  );
});
