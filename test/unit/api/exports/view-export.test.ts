import { describe, expect, it } from "vitest";
import { hasPeople, toExportQuery } from "../../../../api/exports/view-export.ts";
import { VIEWS, type ViewName } from "../../../../schemas/views.ts";

const NAMES = Object.keys(VIEWS) as ViewName[]; // keys of a constant object

describe("toExportQuery()", () => {
  it.each(NAMES)("has every column of %s, in order", (view) => {
    const names = VIEWS[view].columns.map(({ name }) => name);
    for (const format of ["arrow", "parquet", "csv"] as const) {
      const [list = ""] = toExportQuery(view, format).split(" FROM (SELECT * FROM ");
      expect([...list.matchAll(/ AS (\w+)(?:,|$)/g)].map(([, name]) => name)).toEqual(names);
    }
  });

  it("makes texts safe in CSV, numbers and times not, and nothing in the other formats", () => {
    expect(toExportQuery("engagement_v1", "csv").match(/concat\('\\''/g)).toHaveLength(10);
    expect(toExportQuery("engagement_v1", "csv")).toContain("shown.full AS full");
    expect(toExportQuery("engagement_v1", "parquet")).not.toContain("concat");
  });
});

describe("hasPeople()", () => {
  it("is true for the views with pseudonyms", () => {
    expect(NAMES.filter(hasPeople)).toEqual(["engagement_v1", "behaviour_v1", "attendance_v1"]);
  });
});
