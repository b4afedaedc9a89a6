import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { toHtml } from "../../../reporting/html.ts";
import { LOGO_BYTES_MAX, type Logos, parseLogo, toFittedSize } from "../../../reporting/logo.ts";
import { toPalette } from "../../../reporting/palette.ts";
import { toPdf } from "../../../reporting/pdf.ts";
import { aRecord } from "../../fixtures/a-record.ts";
import { aJpegFrame, aPng } from "../../fixtures/logos.ts";
import { readPdfText } from "../../fixtures/pdf-text.ts";

const LOGOS: Logos = {
  house: { logo: parseLogo(aPng(), "house.png"), name: "Research & Practice" },
  partner: parseLogo(aPng(80, 80, [11, 79, 92]), "acme.png"),
};
const text = (words: string) => new TextEncoder().encode(words);

describe("parseLogo()", () => {
  it("reads PNG and JPEG by what they hold, whatever they are called", () => {
    expect(parseLogo(aPng(61, 23), "logo.jpg")).toMatchObject({ kind: "png", widthPx: 61, heightPx: 23 });
    expect(parseLogo(aJpegFrame(301, 97), "logo.png")).toMatchObject({ kind: "jpeg", widthPx: 301, heightPx: 97 });
  });

  it.each([
    ["an SVG", text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), "neither a viewBox"],
    ["an SVG behind an XML head", text('\uFEFF<?xml version="1.0"?>\n<svg/>'), "neither a viewBox"],
    ["a page", text("<html></html>"), "neither PNG, JPEG nor SVG"],
    ["nothing", new Uint8Array(), "neither PNG, JPEG nor SVG"],
    ["a PNG that was cut off", aPng().slice(0, 100), "damaged"],
    ["a JPEG that was cut off", aJpegFrame().slice(0, -6), "damaged"],
    [
      "a JPEG whose segments run out",
      Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xd9]),
      "damaged",
    ],
    ["too many bytes", new Uint8Array(LOGO_BYTES_MAX + 1), "must have at most 65536"],
    ["too many pixels", aJpegFrame(5_000, 10), "5000 x 10 pixels"],
    ["no pixels", aJpegFrame(10, 0), "10 x 0 pixels"],
  ])("refuses %s, with the reason", (_, bytes, reason) => {
    expect(() => parseLogo(bytes, "acme.png")).toThrow(RangeError);
    expect(() => parseLogo(bytes, "acme.png")).toThrow(`Cannot use the logo "acme.png": `);
    expect(() => parseLogo(bytes, "acme.png")).toThrow(reason);
  });
});

describe("toFittedSize()", () => {
  it.each([
    [300, 100, { width: 150, height: 50 }],
    [100, 300, { width: 20, height: 60 }],
    [75, 30, { width: 150, height: 60 }],
  ])("keeps the shape of %i x %i within 150 x 60", (widthPx, heightPx, size) => {
    expect(toFittedSize({ kind: "png", bytes: new Uint8Array(), widthPx, heightPx }, 150, 60)).toEqual(size);
  });
});

describe("a record with logos", () => {
  it("has them in its PDF as figures with words, in place of the word Roebuck, and is the same each time", async () => {
    const make = () => toPdf(aRecord(), { words: { logos: LOGOS }, palette: toPalette("#7a1f3d") });
    const bytes = await make();
    const raw = Buffer.from(bytes).toString("latin1");
    expect(raw.match(/\/Subtype \/Image/g)?.length).toBe(4); // two pictures, each with what of it can be seen through
    const packed = [...raw.matchAll(/\/Type \/ObjStm [^>]*>>\nstream\n/g)];
    const objects = packed
      .map(({ index, 0: head }) => inflateSync(bytes.subarray(index + head.length)).toString("latin1"))
      .join();
    expect(objects).toContain("/Alt (Research & Practice)");
    expect(objects).toContain("/Alt (Logo of Barnsetshire County Council)");
    const [first = ""] = await readPdfText(bytes);
    expect(first.startsWith("Version 1, closed")).toBe(true);
    expect(bytes.byteLength).toBeLessThan(70_000);
    for (let again = 0; again < 4; again++) expect(Buffer.from(await make()).equals(Buffer.from(bytes))).toBe(true);
  });

  it("has them within its page, and fetches nothing", () => {
    const page = toHtml(aRecord(), { words: { logos: LOGOS } });
    expect(page).toContain('alt="Research &amp; Practice"');
    expect(page).toContain('alt="Logo of Barnsetshire County Council"');
    expect([...page.matchAll(/ src="([^"]{20})/g)].map(([, start]) => start)).toEqual(
      Array(2).fill("data:image/png;base6"),
    );
    expect(page).not.toContain('class="wordmark"');
  });

  it("has its bars, rules and hours in the colour of the house, and none of Roebuck's", async () => {
    const colours = async (palette: ReturnType<typeof toPalette>) => {
      const bytes = await toPdf(aRecord(), { palette });
      const raw = Buffer.from(bytes).toString("latin1");
      const starts = [...raw.matchAll(/\/FlateDecode\n>>\nstream\n/g)].map(({ index, 0: head }) => index + head.length);
      return starts.map((start) => inflateSync(bytes.subarray(start)).toString("latin1")).join();
    };
    const [own, red] = [await colours(toPalette("#0b4f5c")), await colours(toPalette("#800000"))];
    const ROEBUCK = `${11 / 255} ${79 / 255} ${92 / 255} scn`;
    expect(own).toContain(ROEBUCK);
    expect(red).not.toContain(ROEBUCK);
    expect(red).toContain(`${128 / 255} 0 0 scn`);
  });
});
