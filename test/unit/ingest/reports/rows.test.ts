import { describe, expect, it } from "vitest";
import { isBadFile, parseRows, toNamedRows } from "../../../../ingest/reports/rows.ts";

const TEXT = "a,b\nÉmile,2\n";
const toBigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

const toCells = (bytes: Uint8Array | string) => {
  const rows = parseRows(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
  return isBadFile(rows) ? rows : rows.map(({ cells }) => cells);
};

describe("parseRows()", () => {
  it.each<[string, Uint8Array]>([
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${TEXT}`)],
    ["UTF-16, low byte first", Buffer.from(`\uFEFF${TEXT}`, "utf16le")],
    ["UTF-16, high byte first", toBigEndian(`\uFEFF${TEXT}`)],
    ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le")],
    ["UTF-16 without a mark, high byte first", toBigEndian(TEXT)],
  ])("reads %s", (_, bytes) => {
    expect(toCells(bytes)).toEqual([
      ["a", "b"],
      ["Émile", "2"],
    ]);
  });

  it.each<[string, string, readonly (readonly string[])[]]>([
    ["tabs, also under a title alone", "1. Summary\nTitle\ta, b\n", [["1. Summary"], ["Title", "a, b"]]],
    [
      "semicolons",
      "a;b;c\n1,5;2;3\n",
      [
        ["a", "b", "c"],
        ["1,5", "2", "3"],
      ],
    ],
    ["commas beside quoted semicolons", '"a;b;c",d\n', [["a;b;c", "d"]]],
    ["rows of different length, without empty lines", "a,b,c\r\n\r\n,,\r\nd\r\n", [["a", "b", "c"], ["d"]]],
    ["quotation marks inside a cell", 'a\tCasey "Ace" Teal\tb\n', [["a", 'Casey "Ace" Teal', "b"]]],
    ["no-break spaces", "a,2:48\u202fPM\n", [["a", "2:48 PM"]]],
    ["one column", "email\nwren@example.org\n", [["email"], ["wren@example.org"]]],
  ])("reads %s", (_, text, cells) => {
    expect(toCells(text)).toEqual(cells);
  });

  it("tells the line as an editor counts it", () => {
    const rows = parseRows(Buffer.from('a,b\n\n"two\nlines",1\nlast,2\n'));
    expect(isBadFile(rows) ? rows : rows.map(({ line }) => line)).toEqual([1, 4, 5]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", Buffer.from(""), /empty/],
    ["a workbook", Buffer.from("PK\u0003\u0004..."), /workbook.*CSV UTF-8/],
    ["Latin-1", Buffer.from("caf\u00e9", "latin1"), /neither UTF-8 nor UTF-16/],
    ["a file that was cut off in a cell", Buffer.from('a,b\n"c,d\n'), /does not end/],
  ])("refuses %s", (_, bytes, problem) => {
    expect(toCells(bytes)).toEqual({
      problems: [{ line: expect.any(Number), problem: expect.stringMatching(problem) }],
    });
  });
});

describe("toNamedRows()", () => {
  it("finds the first column that is there and filled, and of two of one name the later", () => {
    const [row] = toNamedRows(
      ["Duration (minutes)", "Join  Time", "Email", "Duration (Minutes)"],
      [{ line: 2, cells: ["60", "--", "wren@example.org", "45"] }],
    );
    expect(row?.get("duration (minutes)")).toBe("45");
    expect(row?.get("join time", "email")).toBe("wren@example.org");
    expect(row?.get("leave time")).toBe("");
  });
});
