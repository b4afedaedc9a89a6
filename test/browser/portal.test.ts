import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addApiKey } from "../../api/access/api-keys.ts";
import { CHROMIUM, openChromium } from "../fixtures/chromium.ts";
import { BROOKS_NAME, openPortalHouse, type PortalHouse, ROBIN } from "../fixtures/portal-house.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** A folder that pictures of the pages are written to; empty: none. */
const { ROEBUCK_TEST_PICTURES: PICTURES = "" } = process.env;
const WIDTHS = [1280, 375];

let chromium: Awaited<ReturnType<typeof openChromium>>;
let browser: Browser;
let portal: PortalHouse;

/** A browser of somebody's own, and all that its pages complained of or asked other hosts for. */
async function openBrowser(options: { readonly javaScriptEnabled?: boolean } = {}) {
  const context = await browser.newContext({ ...options, acceptDownloads: true });
  const said: string[] = [];
  context.on("console", (message) => {
    // that a page is 404, 410 or 403 is what a test asks for
    if (!message.text().startsWith("Failed to load resource")) said.push(message.text());
  });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== portal.url) said.push(`asked for ${origin}`);
  });
  return { context, page: await context.newPage(), said };
}

/** Asks for a link as a person would, and answers it as it stands in the mail. */
async function askForLink(page: Page): Promise<string> {
  portal.house.at(new Date(portal.house.clock.nowMs() + 1_200_000).toISOString()); // mails have an order, and a limit
  const before = (await portal.mails(ROBIN, 0)).length;
  await page.goto(portal.url);
  await page.getByLabel("Your e-mail address").fill(ROBIN);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await page.getByRole("heading", { name: "Look into your mail" }).waitFor();
  return portal.url + (await portal.link(ROBIN, before + 1));
}

async function signIn(page: Page): Promise<void> {
  await page.goto(await askForLink(page));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${portal.url}/partners/acme`);
}

async function readViolations(context: BrowserContext, address: string, width: number): Promise<readonly string[]> {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 900 });
  await page.goto(address);
  await page.evaluate(AXE); // not as a script of the page: its policy allows none
  const results = (await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`)) as AxeResults; // what axe.run resolves to
  expect(results.passes.length).toBeGreaterThan(15);
  expect(await page.evaluate("document.documentElement.scrollWidth"), `${address} at ${width}`).toBe(width);
  await takePicture(page, `${new URL(address).pathname.replaceAll("/", "-").slice(0, 60)}-${width}`);
  await page.close();
  return results.violations.map(({ id, nodes }) => `${address} at ${width}: ${id}: ${nodes[0]?.html}`);
}

async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === "") return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

describe.skipIf(CHROMIUM === "")("the portal in a real browser", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    portal = await openPortalHouse();
    chromium = await openChromium();
    ({ browser } = chromium);
  }, 240_000);
  afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]();
    await portal?.[Symbol.asyncDispose]();
  });

  it("signs an officer in through the mail, shows the record with live charts and gives the PDF", async () => {
    const { context, page, said } = await openBrowser();
    await signIn(page);
    await page.getByRole("link", { name: "October 2026", exact: true }).click();
    await page.getByRole("heading", { level: 1 }).getByText("Acme & Sons").waitFor();
    await expect.poll(() => page.locator("figure canvas").count(), { timeout: 20_000 }).toBeGreaterThan(1);
    const isDrawn = `[...document.querySelectorAll("figure canvas")].every((canvas) => canvas.getContext("2d")
      .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0))`;
    await expect.poll(() => page.evaluate(isDrawn), { timeout: 20_000 }).toBe(true);
    expect(await page.locator("figure canvas").first().getAttribute("aria-label")).toMatch(/October 2026: \d+/);
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "PDF" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe("acme-2026-10-v1.pdf");
    expect(
      readFileSync(await download.path())
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${portal.url}/`);
    await page.goto(`${portal.url}/partners/acme`);
    expect(page.url()).toBe(`${portal.url}/`);
    expect(said).toEqual([]);
    await context.close();
  });

  it("finds no other Partner's record", async () => {
    const { context, page } = await openBrowser();
    await signIn(page);
    for (const path of ["/partners/brook/records/2026-10", "/partners/brook"]) {
      const answer = await page.goto(portal.url + path);
      expect(answer?.status()).toBe(404);
      expect(await page.content()).not.toContain(BROOKS_NAME);
    }
    await context.close();
  });

  it("refuses a link that was used, and one that has expired", async () => {
    const { context, page } = await openBrowser();
    const link = await askForLink(page);
    await page.goto(link);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${portal.url}/partners/acme`);
    const another = await openBrowser();
    expect((await another.page.goto(link))?.status()).toBe(410);
    await another.page.getByRole("heading", { name: "This link was used already" }).waitFor();
    const late = await askForLink(another.page);
    portal.house.at(new Date(portal.house.clock.nowMs() + 15 * 60_000).toISOString());
    expect((await another.page.goto(late))?.status()).toBe(410);
    await another.page.getByRole("heading", { name: "This link has expired" }).waitFor();
    await Promise.all([context.close(), another.context.close()]);
  });

  it("can be read and used without scripts", async () => {
    const { context, page, said } = await openBrowser({ javaScriptEnabled: false });
    await signIn(page);
    await page.getByRole("link", { name: "October 2026", exact: true }).click();
    await page.getByRole("heading", { level: 1 }).getByText("Acme & Sons").waitFor();
    expect(await page.locator("figure svg").count()).toBeGreaterThan(1);
    expect(await page.locator("canvas").count()).toBe(0);
    await page.getByRole("link", { name: "Link Officers" }).click();
    await page.getByLabel("Their name").fill("Finch Fox");
    await page.getByLabel("Their e-mail address").fill("finch@acme.example");
    await page.getByRole("button", { name: "Send them a mail" }).click();
    await page.getByRole("status").getByText("A mail is on its way").waitFor();
    expect(said).toEqual([]);
    await context.close();
  });

  it("breaks no rule of WCAG 2.2 AA that axe knows, at a desk and on a telephone", async () => {
    const open = await openBrowser();
    const link = await askForLink(open.page);
    const { context, page, said } = await openBrowser();
    await signIn(page);
    const found: string[] = [];
    for (const width of WIDTHS) {
      for (const path of ["/", "/operator/sign-in", "/nothing"])
        found.push(...(await readViolations(open.context, portal.url + path, width)));
      found.push(...(await readViolations(open.context, link, width)));
      for (const path of ["", "/records/2026-10", "/contacts?done=last", "/instructions?done=given"])
        found.push(...(await readViolations(context, `${portal.url}/partners/acme${path}`, width)));
    }
    expect(found).toEqual([]);
    expect([...said, ...open.said]).toEqual([]);
    await Promise.all([context.close(), open.context.close()]);
  });

  it("shows an operator on one screen how it stands", async () => {
    const { key } = await addApiKey(
      portal.house.service,
      { name: "screen", roles: ["operator"], partners: [], days: 1 },
      "wren",
    );
    await portal.restart(); // so that the key is known at once
    const { context, page, said } = await openBrowser();
    await page.goto(`${portal.url}/operator`);
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "How it stands" }).waitFor();
    expect(await page.locator("canvas").count()).toBe(0);
    const found = [];
    for (const width of WIDTHS) found.push(...(await readViolations(context, `${portal.url}/operator`, width)));
    expect(found).toEqual([]);
    expect(said).toEqual([]);
    await context.close();
  });
});
