import { describe, expect, it } from "vitest";
import type { HeatBlock, TableBlock } from "../../../reporting/blocks.ts";
import { toBarChart, toDayBars } from "../../../reporting/chart.ts";
import { toCsv } from "../../../reporting/csv.ts";
import { toChartMarkup } from "../../../reporting/html-charts.ts";
import { toJson } from "../../../reporting/json.ts";
import { toPage } from "../../../reporting/page.ts";
import { toDayChart, toDayTable, toHourGrid, toHourTable } from "../../../reporting/page-trends.ts";
import { aRecord } from "../../fixtures/a-record.ts";

const set = <Item>(items: readonly Item[], at: number, item: Item) => items.with(at, item);
const record = aRecord({
  days: set(aRecord().days, 2, null),
  weekday_hours: set(aRecord().weekday_hours, 1, set(aRecord().weekday_hours[1] ?? [], 9, null)),
});
const LEGEND = "Hatched, and “<5” in the tables: fewer than 5 people";

describe("a withheld day or hour", () => {
  it("is hatched in the chart of days, and no bar of any height stands there", () => {
    const bars = toDayBars(record);
    expect(bars[2]).toEqual({ label: "", value: null, strong: true, isWithheld: true });
    expect(toBarChart(bars, "axis").plugins?.map(({ id }) => id)).toEqual(["hatched-bars"]);
    expect(toBarChart(toDayBars(aRecord()), "axis").plugins).toEqual([]);
  });

  it("is told as fewer than 5 people where the chart is told in words, never as zero", () => {
    expect(toDayChart(record).alt).toContain("3 October: fewer than 5 people; 4 October:");
    const { alt, values }: HeatBlock = toHourGrid(record);
    expect(alt).toMatch(/Tuesday: (?:\d+, ){9}fewer than 5 people, /);
    expect(values[1]?.[9]).toBeNull();
  });

  it("reads <5 in the tables of the charts", () => {
    const toTexts = (block: TableBlock) => block.rows.map(({ cells }) => cells.map(({ text }) => text));
    // October 2026 begins on a Thursday: the 3rd is the sixth cell after the name of the week.
    expect(toTexts(toDayTable(record) as TableBlock)[0]?.[6]).toBe("<5"); // it makes a table
    expect(toTexts(toHourTable(record) as TableBlock)[1]?.[3]).toBe("<5"); // from 07:00 on
  });

  it("keeps its hour in the table, even if nothing else was in it", () => {
    const late = aRecord({ weekday_hours: set(record.weekday_hours, 0, set(record.weekday_hours[0] ?? [], 23, null)) });
    expect((toHourTable(late) as TableBlock).columns.at(-1)?.title).toBe("23"); // it makes a table
  });

  it("is hatched in the page, where the same squares and bars of a whole month are filled", () => {
    const toLines = (some: typeof record) =>
      [toDayChart(some), toHourGrid(some)].map(
        (block) => toChartMarkup(block, "c").markup.split('class="hatch"').length - 1,
      );
    expect(toLines(aRecord())).toEqual([0, 0]);
    expect(toLines(record)).toEqual([4, 4]);
  });

  it("is explained under the charts, where there is one", () => {
    expect(JSON.stringify(toPage(record))).toContain(LEGEND);
    expect(JSON.stringify(toPage(aRecord()))).not.toContain("Hatched");
  });

  it("is `fewer than 5` in the CSV and null in the JSON", () => {
    expect(toCsv(record)).toContain("2026-10-03,fewer than 5,");
    expect(toCsv(record)).toContain("Tuesday,9,fewer than 5,");
    expect(JSON.parse(toJson(record))).toMatchObject({ days: record.days, weekday_hours: record.weekday_hours });
  });

  it("leaves a month in which every hour is withheld without a busiest one", () => {
    const all = aRecord({ weekday_hours: aRecord().weekday_hours.map((hours) => hours.map(() => null)) });
    expect(toHourGrid(all).note).toBe("");
  });
});

describe("engaged time", () => {
  it("is told without its people where few of those who agreed were never engaged", () => {
    const engaged = { engaged_ms: 401_220_000, engaged_people: null, agreed_people: 118, absence: "withheld" } as const;
    const text = JSON.stringify(toPage(aRecord({ engaged })));
    expect(text).toContain("Engaged time: 111 hours 27 minutes, from the 118 people who agreed");
  });
});
