import { expect, it } from "vitest";
import { toLiveCharts } from "../../../../api/portal/live-charts.ts";
import { toMarkup } from "../../../../reporting/html-blocks.ts";
import { toPage } from "../../../../reporting/page.ts";
import { anEmptyRecord, aRecord } from "../../../fixtures/a-record.ts";
import { toUglyRecords } from "../../../fixtures/ugly-records.ts";

const RECORDS = { ordinary: aRecord(), empty: anEmptyRecord(), ...toUglyRecords() };

it.each(Object.entries(RECORDS))("toLiveCharts() has one entry a figure of the page, in its order: %s", (_, record) => {
  const { blocks } = toPage(record);
  const figures = toMarkup(blocks)
    .map(({ markup }) => markup)
    .join("\n")
    .split("<figure>")
    .slice(1);
  const charts = toLiveCharts(blocks);
  expect(charts).toHaveLength(figures.length);
  for (const [index, chart] of charts.entries()) {
    if (chart !== null) expect(chart.labels).toHaveLength(chart.values.length);
    expect(figures[index]?.includes('class="heat-') === true && chart !== null).toBe(false);
  }
});

it("toLiveCharts() has the numbers of the record, and names each day", () => {
  const record = aRecord();
  const charts = toLiveCharts(toPage(record).blocks).filter((chart) => chart !== null);
  expect(charts[0]?.values.at(-1)).toBe(record.figures.Unique_Item_Requests);
  expect(charts[1]?.values.at(-1)).toBe(record.figures.active_people);
  const days = charts.find(({ caption }) => caption.includes("by day"));
  expect(charts[0]?.strong).toBe((charts[0]?.values.length ?? 0) - 1);
  expect(days?.strong).toBe(-1);
  expect(days?.values).toEqual(record.days);
  expect(days?.labels).toEqual(record.days.map((_, index) => String(index + 1)));
});
