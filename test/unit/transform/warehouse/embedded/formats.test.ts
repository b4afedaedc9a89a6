import { describe, expect, it } from "vitest";
import { isColumnar, toContentType } from "../../../../../transform/warehouse/embedded/formats.ts";

describe("isColumnar()", () => {
  it("is for whole columns", () => {
    expect([isColumnar("arrowstream"), isColumnar("Native"), isColumnar("RowBinary"), isColumnar("CSV")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("toContentType()", () => {
  it.each([
    ["JSON", "application/json; charset=UTF-8"],
    ["JSONEachRow", "application/x-ndjson; charset=UTF-8"],
    ["JSONCompactEachRowWithNames", "application/x-ndjson; charset=UTF-8"],
    ["CSVWithNames", "text/csv; charset=UTF-8"],
    ["TSV", "text/tab-separated-values; charset=UTF-8"],
    ["Parquet", "application/vnd.apache.parquet"],
    ["RowBinary", "application/octet-stream"],
    ["Vertical", "text/plain; charset=UTF-8"],
  ])("of %s is %s", (format, type) => {
    expect(toContentType(format)).toBe(type);
  });
});
