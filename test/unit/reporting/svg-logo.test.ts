import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSvg, SvgRefused, toSvgText } from "../../../reporting/svg-logo.ts";

const svg = (inside: string, more = "") =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40"${more}>${inside}</svg>`;
const shapeOf = (inside: string) => parseSvg(svg(inside)).shapes[0];

describe("parseSvg()", () => {
  it("reads outlines in groups, with what they inherit", () => {
    const { viewBox, shapes } = parseSvg(
      `<?xml version="1.0"?>\n<!-- drawn by hand -->\n${svg(
        `<title>Beech</title><g fill="#0A5" transform="translate(10 5)"><g transform="scale(2)">
           <path d="M0 0L10 0L10 10Z"/><path style="fill:none;stroke:#333333;stroke-width:2px" d="M1,1h3"/></g></g>
         <circle cx="50" cy="20" r="4" fill="white"/>`,
        ' inkscape:version="1.3" id="a"',
      )}`,
    );
    expect(viewBox).toEqual([0, 0, 100, 40]);
    expect(shapes).toMatchObject([
      { d: "M0 0L10 0L10 10Z", fill: "#00aa55", stroke: null, matrix: [2, 0, 0, 2, 10, 5] },
      { d: "M1,1h3", fill: null, stroke: "#333333", strokeWidth: 2, matrix: [2, 0, 0, 2, 10, 5] },
      { d: "M46 20A4 4 0 0 1 54 20A4 4 0 0 1 46 20Z", fill: "#ffffff", matrix: [1, 0, 0, 1, 0, 0] },
    ]);
  });

  it.each([
    ['<rect x="1" y="2" width="10" height="4"/>', "M1 2h10v4h-10v-4Z"],
    [
      '<rect width="10" height="4" rx="1"/>',
      "M1 0h8a1 1 0 0 1 1 1v2a1 1 0 0 1 -1 1h-8a1 1 0 0 1 -1 -1v-2a1 1 0 0 1 1 -1Z",
    ],
    ['<line x1="1" y1="2" x2="3" y2="4"/>', "M1 2L3 4"],
    ['<polygon points="0,0 4,0 4,4"/>', "M0 0 4 0 4 4Z"],
    ['<polyline points="0,0 4,0"/>', "M0 0 4 0"],
    ['<ellipse cx="5" cy="5" rx="2" ry="1"/>', "M3 5A2 1 0 0 1 7 5A2 1 0 0 1 3 5Z"],
  ])("draws %s", (inside, d) => {
    expect(shapeOf(inside)?.d).toBe(d);
  });

  it.each([
    ["rotate(90)", [0, 1, -1, 0, 0, 0]],
    ["rotate(180 10 20)", [-1, 0, 0, -1, 20, 40]],
    ["translate(3) scale(2, 4)", [2, 0, 0, 4, 3, 0]],
    ["matrix(1 2 3 4 5 6)", [1, 2, 3, 4, 5, 6]],
  ])("moves by %s", (transform, matrix) => {
    const read = shapeOf(`<path transform="${transform}" d="M0 0h1"/>`)?.matrix.map(
      (value) => Number(value.toFixed(9)) + 0,
    );
    expect(read).toEqual(matrix);
  });

  it.each([
    ["a script", svg("<script>alert(1)</script>"), "<script>"],
    ["an event attribute", svg('<path d="M0 0h1" onload="alert(1)"/>'), '"onload"'],
    ["a link", svg('<a href="https://example.org"><path d="M0 0h1"/></a>'), "<a>"],
    ["a reference", svg('<path d="M0 0h1" href="#x"/>'), '"href"'],
    ["another namespace's reference", svg('<path d="M0 0h1" xlink:href="#x"/>'), '"xlink:href"'],
    ["use", svg('<use href="#x"/>'), "<use>"],
    ["an image", svg('<image href="https://example.org/x.png"/>'), "<image>"],
    ["foreign content", svg("<foreignObject/>"), "<foreignObject>"],
    ["a style sheet", svg("<style>@import 'x'</style>"), "<style>"],
    ["a fetched fill", svg('<path d="M0 0h1" fill="url(https://example.org)"/>'), "url(https://example.org)"],
    ["a fetched fill in a style", svg('<path d="M0 0h1" style="fill:url(#a)"/>'), "url(#a)"],
    ["a style that is not drawn", svg('<path d="M0 0h1" style="filter:blur(1px)"/>'), "filter"],
    ["text", svg("<text>Beech</text>"), "<text>"],
    ["a gradient", svg("<defs><linearGradient/></defs>"), "<linearGradient>"],
    ["a mask", svg("<mask/>"), "<mask>"],
    ["opacity", svg('<path d="M0 0h1" opacity="0.5"/>'), "opacity"],
    ["entities", `<!DOCTYPE svg [<!ENTITY x "y">]>${svg("")}`, "entities"],
    ["raw text", svg("<title><![CDATA[x]]></title>"), "raw text"],
    ["an outline that is none", svg('<path d="M0 0 javascript"/>'), "outline"],
    ["an outline that does not begin", svg('<path d="L1 1"/>'), "outline"],
    ["a colour by another way", svg('<path d="M0 0h1" fill="hsl(1 2 3)"/>'), "hsl"],
    ["skewing", svg('<path d="M0 0h1" transform="skewX(3)"/>'), "skewX"],
    ["no size", '<svg><path d="M0 0h1"/></svg>', "viewBox"],
    ["nothing drawn", svg(""), "nothing is drawn"],
    ["an open end", '<svg viewBox="0 0 1 1"><g><path d="M0 0h1"/></svg>', "</svg>"],
    ["no end", '<svg viewBox="0 0 1 1"><path d="M0 0h1"/>', "end"],
    ["two roots", `${svg('<path d="M0 0h1"/>')}${svg('<path d="M0 0h1"/>')}`, "one <svg>"],
    ["HTML", "<html><body/></html>", "one <svg>"],
    ["a broken tag", svg("<path d=M0/>"), "beginning of a tag"],
  ])("refuses %s and says so", (_, text, message) => {
    expect(() => parseSvg(text)).toThrow(SvgRefused);
    expect(() => parseSvg(text)).toThrow(message);
  });

  it("ends for every text, with a drawing or a refusal", () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        "<svg viewBox='0 0 9 9'>",
        "<g>",
        "</g>",
        "</svg>",
        '<path d="M0 0h1"/>',
        "<!--",
        "-->",
        "<defs>",
        " on=''",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          expect(parseSvg(pieces.join("")).shapes.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(SvgRefused);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("toSvgText()", () => {
  it("makes an SVG of outlines alone that reads the same again", () => {
    const drawing = parseSvg(
      svg('<title>a "quoted" &lt;name&gt;</title><g data-x="y" fill="#123456"><circle cx="5" cy="5" r="4"/></g>'),
    );
    const text = toSvgText(drawing);
    expect(text).not.toMatch(/title|quoted|data-x/);
    expect(parseSvg(text)).toEqual(drawing);
  });
});
