import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, openChromium } from "../fixtures/chromium.ts";
import { readPdfText } from "../fixtures/pdf-text.ts";
import { Installation, thisMonth } from "../fixtures/roebuck-process.ts";

const GUIDE = { id: "g-7", type: "guide", topic: "Safeguarding", full: true };

let site: Server;
let origin = "";
let roebuck: Installation;
let token = "";

function toPage(path: string): string {
  const resource = path.startsWith("/guides/")
    ? `<meta name="roebuck-resource" content='${JSON.stringify(GUIDE)}'>`
    : "";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${path === "/" ? "Home" : "Recognising neglect"}</title>
${path.startsWith("/anonymous") ? "" : `<meta name="roebuck-token" content="${token}">`}${resource}
<script src="${roebuck.url}/b.js" data-site="www" defer></script></head>
<body><a id="guide" href="/guides/neglect">Guide</a><a id="file" href="/guides/neglect.pdf" download>Download the guide</a></body></html>`;
}

describe.skipIf(CHROMIUM === "")("the beacon in a real browser", () => {
  beforeAll(async () => {
    site = createServer((request, answer) => {
      answer.setHeader(
        "content-security-policy",
        `default-src 'none'; script-src ${roebuck.url}; connect-src ${roebuck.url}`,
      );
      answer.setHeader("content-type", "text/html; charset=utf-8").end(toPage(request.url ?? "/"));
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`; // it listens on TCP
    roebuck = new Installation({ ROEBUCK_SITES: `www=${origin}`, ROEBUCK_PEOPLE_MIN: "1" });
    await roebuck.start();
    writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
    await roebuck.ask("partners", "import", "partners.csv");
    token = (
      await roebuck.ask("token", "mint", "--site", "www", "--sub", "person-1", "--acct", "partner", "--ptn", "acme")
    ).trim();
  });
  afterAll(async () => {
    await roebuck[Symbol.asyncDispose]();
    await new Promise((resolve) => site.close(resolve));
  });

  it("leads from a page that a signed-in person opened to that page and that person in the record's JSON and PDF", async () => {
    await using chromium = await openChromium();
    const context = await chromium.browser.newContext({ userAgent: chromium.userAgent, acceptDownloads: true });
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    await page.click("#guide");
    await page.waitForURL("**/guides/neglect");
    await page.waitForFunction("typeof roebuck === 'function'");
    await page.evaluate("roebuck('search', {query: 'neglect'})");
    await page.click("#file");
    await page.waitForTimeout(1_000);
    const kept = await page.evaluate("JSON.stringify([document.cookie, localStorage.length, sessionStorage.length])");
    expect(kept).toBe('["",0,0]');
    await context.close();

    await roebuck.ask("close", thisMonth());
    const record = JSON.parse(await roebuck.ask("record", thisMonth(), "acme", "--format", "json"));
    expect(record.figures).toMatchObject({
      active_people: 1,
      visits: 1,
      page_views: 2,
      Searches_Platform: 1,
      Total_Item_Requests: 2,
      Unique_Item_Requests: 1,
    });
    expect(record.top_pages.map(({ path }: { path: string }) => path).sort()).toEqual(["/", "/guides/neglect"]);
    expect(record.top_resources).toMatchObject([{ id: "g-7", title: "Recognising neglect", people: 1 }]);
    await roebuck.ask("record", thisMonth(), "acme", "-o", "acme.pdf");
    const text = (await readPdfText(readFileSync(join(roebuck.folder, "acme.pdf")))).join(" ");
    expect(text).toContain("Recognising neglect");
    expect(text).toContain("/guides/neglect");
  });

  it("counts a visitor without a token in sums only", async () => {
    await using chromium = await openChromium();
    const page = await chromium.browser.newPage({ userAgent: chromium.userAgent });
    const answered = page.waitForResponse(`${roebuck.url}/v1/beacons`);
    await page.goto(`${origin}/anonymous`);
    expect((await answered).status()).toBe(202);
    await roebuck.ask("close", thisMonth());
    const rows = await roebuck.ask(
      "sql",
      "SELECT sum(views) FROM statistics_hourly WHERE path = '/anonymous'",
      "--format",
      "TSV",
    );
    expect(rows).toBe("1\n");
  });

  it("sends nothing for a visitor without a token who asks for privacy", async () => {
    await using chromium = await openChromium();
    const page = await chromium.browser.newPage({ userAgent: chromium.userAgent });
    await page.addInitScript("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})");
    const calls: string[] = [];
    page.on("request", (request) => calls.push(request.url()));
    await page.goto(`${origin}/anonymous-private`, { waitUntil: "networkidle" });
    await page.waitForTimeout(800);
    expect(calls.filter((url) => url.endsWith("/v1/beacons"))).toEqual([]);
  });
});
