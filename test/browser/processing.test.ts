import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toProcessingText } from "../../api/processing/formats.ts";
import { toDataPlaces } from "../../api/processing/places.ts";
import { toActivities } from "../../api/processing/record.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { CHROMIUM, openChromium } from "../fixtures/chromium.ts";
import { someSettings } from "../fixtures/some-settings.ts";

const settings = someSettings({});
const LONG = "An-association-with-one-very-long-name-and-no-space-in-it-at-all".repeat(3);
const html = toProcessingText(
  {
    schema: "roebuck.processing/1",
    madeMs: toEpochMs(Date.parse("2026-11-20T12:00:00Z")),
    organisation: LONG,
    contact: undefined,
    activities: toActivities(settings),
    controllers: [
      {
        partner: "acme",
        name: LONG,
        contacts: [{ name: "", email: `${LONG}@acme.example` }],
        hasInstruction: true,
        hasLeft: false,
      },
    ],
    places: toDataPlaces(settings),
  },
  "html",
);

describe.skipIf(CHROMIUM === "")("the records of processing in a real browser", () => {
  let chromium: Awaited<ReturnType<typeof openChromium>>;
  beforeAll(async () => {
    chromium = await openChromium();
  });
  afterAll(() => chromium[Symbol.asyncDispose]());

  async function open(width: number) {
    const page = await chromium.browser.newPage({ viewport: { width, height: 900 } });
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("request", (request) => said.push(request.url()));
    await page.setContent(html);
    return { page, said };
  }

  it.each([320, 390, 1280])("fits a window of %i pixels: only tables scroll, each by keyboard", async (width) => {
    const { page, said } = await open(width);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.evaluate("[...document.querySelectorAll('.wide')].every((one) => one.tabIndex === 0)")).toBe(
      true,
    );
    expect(said).toEqual([]); // nothing was fetched, nothing complained of
  });

  it("stands as blocks as wide as the window on a telephone, each cell with its heading", async () => {
    const { page } = await open(390);
    const narrow = await page.evaluate(
      "Math.min(...[...document.querySelectorAll('tbody td')].map((one) => one.clientWidth))",
    );
    expect(narrow).toBeGreaterThan(300);
    const cell = "getComputedStyle(document.querySelector('#controller tbody td'), '::before').content";
    expect(await page.evaluate(cell)).toContain("Whose data, and what");
  });

  it("leads past the contents by the first Tab, and every table has its name", async () => {
    const { page } = await open(1280);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    const unnamed = await page.evaluate(
      "[...document.querySelectorAll('table')].filter((one) => (one.caption?.textContent ?? '') === '').length",
    );
    expect(unnamed).toBe(0);
  });

  it("prints on A4 across without losing a column", async () => {
    const { page } = await open(1280);
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 1017, height: 700 }); // A4 across less its margins, 96 pixels an inch
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1017);
    expect((await page.pdf({ preferCSSPageSize: true })).byteLength).toBeGreaterThan(10_000);
  });
});
