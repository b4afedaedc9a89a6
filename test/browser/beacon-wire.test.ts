import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildBeacon } from "../../ingest/beacon-script.ts";
import { BODY_BYTES_MAX, EVENTS_MAX } from "../../schemas/beacon.ts";
import { CHROMIUM } from "../fixtures/chromium.ts";

interface Told {
  readonly token?: string;
  readonly bytes: number;
  readonly events: readonly { readonly type: string }[];
}

/** How the site's own script keeps calls, as the README has it: without one there is no `q`. */
const STUB = "<script>window.roebuck ||= function () { (roebuck.q ||= []).push(arguments); };</script>";
const TAG = '<script src="/b.js" data-site="www" defer></script>';
const LINKS = `<a id="mail" href="mailto:office@example.org">Write</a><a id="made" href="blob:null/1" download>Made here</a>
<a id="file" href="/guide.pdf">Guide</a><a id="out" href="http://127.0.0.2:9/there">There</a>
<script>addEventListener("click", (event) => event.preventDefault()); addEventListener("auxclick", (event) => event.preventDefault());
addEventListener("contextmenu", (event) => event.preventDefault());</script>`;

describe.skipIf(CHROMIUM === "")("what the beacon tells a collector", () => {
  const script = buildBeacon().beacon.body;
  let told: Told[] = [];
  /** Tokens that the collector refuses. */
  let refused = new Set<string>();
  let token = "";
  let head = "";
  let server: Server;
  let origin = "";
  let browser: Browser;
  let page: Page;

  async function take(request: IncomingMessage): Promise<number> {
    const body = await text(request);
    const beacon: Told = { ...JSON.parse(body), bytes: Buffer.byteLength(body) };
    if (refused.has(beacon.token ?? "")) return 401;
    told.push(beacon);
    return 202;
  }
  const events = () => told.flatMap((beacon) => beacon.events.map((event) => ({ ...event, token: beacon.token })));
  const types = () => events().map(({ type }) => type);
  const open = (path = "/") => page.goto(origin + path);
  /** Waits until as many events have come, and a while longer in case there are more. */
  async function expectEvents(expected: readonly unknown[]): Promise<void> {
    await expect.poll(() => events().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(expected.length);
    await page.waitForTimeout(600);
    expect(events()).toMatchObject(expected);
  }

  beforeAll(async () => {
    server = createServer(async (request, answer) => {
      if (request.url === "/b.js") answer.setHeader("content-type", "text/javascript").end(script);
      else if (request.url === "/v1/beacons") answer.writeHead(await take(request)).end();
      else {
        answer.setHeader("content-type", "text/html; charset=utf-8");
        answer.end(`<!doctype html><title>Home</title><meta name="roebuck-token" content="${token}">${head}`);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(async () => {
    [told, refused, token, head] = [[], new Set(), "anna", TAG];
    page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    return async () => {
      await page.close();
      expect(errors).toEqual([]);
    };
  });

  it("is one view where the site's own stub was never called", async () => {
    head = STUB + TAG;
    await open();
    await expectEvents([{ type: "page_view", token: "anna" }]);
  });

  it("is one view, and each call once, where the tag stands twice", async () => {
    head = STUB + TAG + TAG;
    await open();
    await page.evaluate("roebuck('search', {query: 'neglect'})");
    await expectEvents([{ type: "page_view" }, { type: "search", query: "neglect" }]);
  });

  it("is nothing of a page that is only prepared, and all of it once it is shown", async () => {
    head = `<script>Object.defineProperty(document, "prerendering", {value: true, configurable: true})</script>${STUB}${TAG}${TAG}`;
    await open();
    await page.evaluate("roebuck('search', {query: 'early'})");
    await page.waitForTimeout(1_000);
    expect(told).toEqual([]);
    await page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))");
    await expectEvents([{ type: "search", query: "early" }, { type: "page_view" }]);
  });

  it("is one more view when the page comes back as it was left, and none when it is shown for the first time", async () => {
    await open();
    await expectEvents([{ type: "page_view" }]);
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))");
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))");
    await expectEvents([{ type: "page_view" }, { type: "page_view" }]);
  });

  it("keeps what waits with the person who did it when another signs in without a new page", async () => {
    await open();
    await page.waitForFunction("typeof roebuck === 'function'");
    await page.evaluate(
      `roebuck('search', {query: "Anna's"}); roebuck('token', () => 'berta'); roebuck('search', {query: "Berta's"})`,
    );
    await expectEvents([
      { type: "page_view", token: "anna" },
      { query: "Anna's", token: "anna" },
      { query: "Berta's", token: "berta" },
    ]);
  });

  it("lets what waits for a token that is refused go with its person: another's token never carries it", async () => {
    refused.add("anna");
    await open();
    await page.waitForTimeout(200);
    await page.evaluate("roebuck('token', () => 'berta'); roebuck('search', {query: 'later'})");
    await expectEvents([{ query: "later", token: "berta" }]);
  });

  it("takes no notice of a first person's token that comes after a second has signed in", async () => {
    token = "";
    head = `${STUB}<script>roebuck('token', () => new Promise((resolve) => { window.tell = resolve; }));</script>${TAG}`;
    await open();
    await page.waitForFunction("window.tell");
    await page.evaluate("roebuck('token', () => 'berta'); tell('anna'); roebuck('search', {query: 'mine'})");
    await expect.poll(types, { timeout: 10_000 }).toContain("search");
    expect(events().filter(({ type }) => type === "search")).toMatchObject([{ token: "berta" }]);
  });

  it("asks the site's callback again after five minutes, and after a refusal", async () => {
    token = "";
    await page.clock.install();
    head = `${STUB}<script>window.asked = 0; roebuck('token', () => 'token-' + ++asked);</script>${TAG}`;
    await open();
    await page.clock.runFor(1_000);
    await expect.poll(() => events().length).toBe(1);
    await page.evaluate("roebuck('search', {query: 'soon'})");
    await page.clock.runFor(1_000);
    await expect.poll(() => events().length).toBe(2);
    await page.clock.runFor(300_000);
    await page.evaluate("roebuck('search', {query: 'later'})");
    await page.clock.runFor(1_000);
    await expect.poll(() => events().length).toBe(3);
    refused.add("token-2");
    await page.evaluate("roebuck('search', {query: 'refused'})");
    for (let tries = 0; tries < 20 && events().length < 4; tries += 1) {
      await page.clock.runFor(500);
      await page.waitForTimeout(50);
    }
    expect(events()).toMatchObject(["token-1", "token-1", "token-2", "token-3"].map((one) => ({ token: one })));
  });

  it("goes on after calls that no request can hold, or that are no JSON", async () => {
    await open();
    await page.waitForFunction("typeof roebuck === 'function'");
    await page.evaluate(`roebuck('search', {query: 'x'.repeat(70_000)});
      const round = {}; round.round = round; roebuck('page_view', round); roebuck('page_view', {size: 1n});
      roebuck('search', {query: 'after'})`);
    await expectEvents([{ type: "page_view" }, { query: "after" }]);
  });

  it("fits every request into what browsers and collectors take, whatever waits, and loses nothing of it", async () => {
    await open();
    await page.waitForFunction("typeof roebuck === 'function'");
    await page.evaluate(`for (let n = 0; n < 150; n += 1) roebuck('search', {query: String(n), title: '', url: 'http://a'});
      for (let n = 0; n < 30; n += 1) roebuck('search', {query: String(150 + n), title: '\\u4e2d'.repeat(n * 450)})`);
    await expect.poll(() => events().length, { timeout: 30_000 }).toBe(181);
    expect(events().slice(1)).toMatchObject(Array.from({ length: 180 }, (_, n) => ({ query: String(n) })));
    for (const { bytes, events: sent } of told) {
      expect(bytes).toBeLessThan(BODY_BYTES_MAX);
      expect(sent.length).toBeLessThanOrEqual(EVENTS_MAX);
    }
  });

  it("is a download or an outbound click for a left or middle button, and nothing for a right one or a link to no place", async () => {
    head = `${STUB}<script>roebuck('consent', {behaviour: true, version: '2026-03'})</script>${TAG}${LINKS}`;
    await open();
    await page.waitForFunction("!roebuck.q");
    for (const link of ["#file", "#out"]) {
      for (const button of ["left", "middle", "right"] as const) await page.click(link, { button });
    }
    await page.click("#mail");
    await page.click("#made");
    await expectEvents([
      { type: "consent" },
      { type: "page_view" },
      ...Array(2).fill({ type: "download", url: `${origin}/guide.pdf` }),
      ...Array(2).fill({ type: "click", target: "http://127.0.0.2:9/there" }),
    ]);
  });

  it("is nothing of behaviour before a yes, nor after a no", async () => {
    head = TAG + LINKS;
    await open();
    await page.waitForFunction("typeof roebuck === 'function'");
    const behave = async (path: string) => {
      await page.click("#out");
      await page.mouse.move(10, 10);
      await page.evaluate(`roebuck('click', {target: 'menu'}); history.pushState({}, '', '${path}')`);
      await page.waitForTimeout(700);
    };
    await behave("/2");
    await page.evaluate("roebuck('consent', {behaviour: true, version: '2026-03'})");
    await behave("/3");
    await page.evaluate("roebuck('consent', {behaviour: false, version: '2026-03'})");
    await behave("/4");
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))");
    await expectEvents([{}, {}, {}, {}, {}, {}, {}, {}, {}]);
    expect(types()).toEqual([
      ...["page_view", "page_view", "consent", "click", "click", "leave", "page_view", "consent", "page_view"],
    ]);
  });
});
