import { describe, expect, it } from "vitest";
import { toCsv, toField } from "../../../reporting/csv.ts";
import { toJson } from "../../../reporting/json.ts";
import { FIGURE_NAMES } from "../../../schemas/figures.ts";
import { anEmptyRecord, aRecord, someResources } from "../../fixtures/a-record.ts";

/** Reads RFC 4180 as a spreadsheet would. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  const fields = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g;
  for (const [, field = "", end] of text.replace(/^\uFEFF/, "").matchAll(fields)) {
    lines.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === "\r\n") lines.push([]);
  }
  return lines.slice(0, -1);
}

/** The rows of a table, by its title, without the title and the column names. */
function readTable(csv: string, title: string): string[][] {
  const lines = readCsv(csv);
  const start = lines.findIndex((line) => line[0] === title && line.slice(1).every((field) => field === ""));
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => line.every((field) => field === ""));
  return (end < 0 ? rest : rest.slice(0, end)).map((line) =>
    line.slice(0, line.findLastIndex((field) => field !== "") + 1),
  );
}

describe("toCsv()", () => {
  it("is one RFC 4180 file: a mark for UTF-8, CRLF, the same number of fields on every line", () => {
    const csv = toCsv(aRecord());
    expect(csv.startsWith("\uFEFFRecord of Engagement,")).toBe(true);
    expect(csv.endsWith("\r\n")).toBe(true);
    expect(csv.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    expect(new Set(readCsv(csv).map((line) => line.length)).size).toBe(1);
  });

  it("shows every figure, this month's and the month before's, without separators", () => {
    const record = aRecord();
    const rows = readTable(toCsv(record), "Key figures");
    expect(rows.map(([name]) => name)).toEqual(FIGURE_NAMES);
    for (const [name = "", , now, before] of rows) {
      const figure = FIGURE_NAMES.find((known) => known === name);
      expect(figure && [Number(now), Number(before)]).toEqual(
        figure && [record.figures[figure], record.previous?.[figure]],
      );
    }
  });

  it("leaves out a figure that was not counted, because its 0 would be none", () => {
    const csv = toCsv(aRecord({ not_counted: ["events_attended"] }));
    expect(readTable(csv, "Key figures").map(([name]) => name)).not.toContain("events_attended");
    expect(readTable(csv, "Key figures")).toHaveLength(FIGURE_NAMES.length - 1);
    expect(readTable(csv, "Closed months")[0]).toHaveLength(FIGURE_NAMES.length);
  });

  it("lists all resources, pages, days, hours and closed months", () => {
    const csv = toCsv(aRecord({ top_resources: someResources(60) }));
    expect(readTable(csv, "Resources")).toHaveLength(60);
    expect(readTable(csv, "Kinds of resource")).toHaveLength(5);
    expect(readTable(csv, "Pages")).toHaveLength(6);
    expect(readTable(csv, "Days")[30]).toEqual(["2026-10-31", String(aRecord().days[30])]);
    expect(readTable(csv, "Weekdays and hours")).toHaveLength(168);
    expect(readTable(csv, "Closed months")).toHaveLength(13);
  });

  it("shows withheld cells as fewer than the threshold", () => {
    const last = readTable(toCsv(aRecord()), "Resources").at(-1);
    expect(last?.slice(3)).toEqual(Array.from({ length: 5 }, () => "fewer than 5"));
  });

  it("has a trail whose steps add up", () => {
    const rows = readTable(toCsv(aRecord()), "How it was counted");
    const sum = (effect: string) =>
      rows.filter((row) => row[1] === effect).reduce((total, row) => total + Number(row[2]), 0);
    expect(Number(rows[0]?.[2]) - sum("taken away")).toBe(sum("is left"));
    expect(sum("of which")).toBe(sum("is left"));
  });

  it("keeps every line's shape when there is nothing to tell", () => {
    const csv = toCsv(anEmptyRecord());
    expect(readTable(csv, "Resources")).toEqual([]);
    expect(readTable(csv, "Key figures")[0]).toEqual(["Total_Item_Investigations", "Investigations", "0"]);
  });

  it("runs no formula when a title is one", () => {
    const titles = [
      "=cmd()|' /C calc'!A0",
      "+1+1",
      "-2",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      "＝1",
      '=HYPERLINK("http://x","y")',
      '"=1"',
      '" @SUM(A1)',
      "'+1",
    ];
    const rows = someResources(titles.length).map((row, index) => ({ ...row, title: titles[index] ?? "" }));
    const csv = toCsv(aRecord({ top_resources: rows, reason: "=1" }));
    expect(readTable(csv, "Resources").map((row) => row[1]?.startsWith("'"))).toEqual(titles.map(() => true));
    for (const field of readCsv(csv).flat()) expect(field).not.toMatch(/^[=+\-@\t\r]/);
  });
});

describe("toField()", () => {
  it.each([
    ["plain", "plain"],
    ["a, b", '"a, b"'],
    ['say "so"', '"say ""so"""'],
    ["two\r\nlines", "two lines"],
    ["mirror\u202Eed", "mirrored"],
    ["=1+1,2", `"'=1+1,2"`],
    ["\t=1", "'=1"],
    [-3, "-3"],
  ])("writes %j as %s", (value, field) => {
    expect(toField(value)).toBe(field);
  });
});

describe("toJson()", () => {
  it("gives the record back unchanged when read", () => {
    expect(JSON.parse(toJson(aRecord()))).toEqual(aRecord());
    expect(toJson(aRecord()).endsWith("}\n")).toBe(true);
  });
});
