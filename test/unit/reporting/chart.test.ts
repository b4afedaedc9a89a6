import { describe, expect, it } from "vitest";
import { toBarChart, toDayBars, toTrendBars } from "../../../reporting/chart.ts";
import { toHeatColour } from "../../../reporting/heat-colour.ts";
import { toDayChart, toHourGrid, toTrendCharts } from "../../../reporting/page-trends.ts";
import { COLOURS, STYLES } from "../../../reporting/theme.ts";
import { anEmptyRecord, aRecord, OCTOBER, someFigures, someTrend } from "../../fixtures/a-record.ts";

describe("toTrendBars()", () => {
  it("shows thirteen months, the record's own last and marked", () => {
    const bars = toTrendBars(aRecord(), "active_people");
    expect(bars).toHaveLength(13);
    expect(bars.at(-1)).toEqual({ label: "Oct", value: 347, strong: true });
    expect(bars.filter((bar) => bar.strong)).toHaveLength(1);
  });

  it("keeps an empty place for a month that was never closed", () => {
    const trend = someTrend(OCTOBER, someFigures()).filter(({ month }) => month !== "2026-04");
    const bars = toTrendBars(aRecord({ trend }), "Unique_Item_Requests");
    expect(bars).toHaveLength(13);
    expect(bars[6]).toEqual({ label: "Apr", value: null, strong: false });
  });

  it("starts at the first closed month", () => {
    const bars = toTrendBars(aRecord({ trend: someTrend(OCTOBER, someFigures(), 3) }), "active_people");
    expect(bars.map((bar) => bar.label)).toEqual(["Aug", "Sep", "Oct"]);
  });

  it("shows the record's own month when the trend is empty", () => {
    expect(toTrendBars(anEmptyRecord(), "active_people")).toEqual([{ label: "Oct", value: 0, strong: true }]);
  });
});

describe("toDayBars()", () => {
  it("has a bar for every day and labels the 1st and every fifth", () => {
    const bars = toDayBars(aRecord());
    expect(bars.map((bar) => bar.value)).toEqual(aRecord().days);
    expect(bars.map((bar) => bar.label).filter(Boolean)).toEqual(["1", "5", "10", "15", "20", "25", "30"]);
  });
});

describe("toBarChart()", () => {
  const bar = (value: number | null) => ({ label: "", value, strong: false });

  it("writes numbers instead of an axis while they fit", () => {
    expect(toBarChart([bar(12), bar(9999)], "numbers").options?.scales?.y?.display).toBe(false);
    expect(toBarChart([bar(12), bar(10_000)], "numbers").options?.scales?.y?.display).toBe(true);
    expect(toBarChart([bar(12)], "axis").plugins).toEqual([]);
  });

  it("is drawn at once and for paper: no animation, no events", () => {
    const { options } = toBarChart([bar(1)], "axis");
    expect(options).toMatchObject({ animation: false, responsive: false, events: [], devicePixelRatio: 1 });
  });
});

describe("charts told in words", () => {
  it("toTrendCharts() gives every number of both figures in the alternative text", () => {
    const record = aRecord();
    const text = JSON.stringify(toTrendCharts(record));
    expect(text).toContain("October 2025: 1,598");
    expect(text).toContain("October 2026: 2,219");
    expect(text).toContain("October 2026: 347");
  });

  it("toTrendCharts() says a month was not closed", () => {
    const trend = someTrend(OCTOBER, someFigures(), 5).filter(({ month }) => month !== "2026-08");
    expect(JSON.stringify(toTrendCharts(aRecord({ trend })))).toContain("August 2026: not closed");
  });

  it("toTrendCharts() explains the missing trend in the first month", () => {
    expect(toTrendCharts(aRecord({ trend: [] }))).toEqual([
      expect.objectContaining({ kind: "paragraph", text: expect.stringContaining("first closed month") }),
    ]);
  });

  it("toDayChart() and toHourGrid() list every number", () => {
    const record = aRecord();
    expect(toDayChart(record).alt.match(/ October: /g)).toHaveLength(31);
    expect(toHourGrid(record).alt.split("; ")).toHaveLength(7);
    expect(toHourGrid(record).note).toBe("Busiest: Thursday, 11:00 to 12:00, 104 page views.");
    expect(toHourGrid(anEmptyRecord()).note).toBe("No page views in this month.");
  });
});

describe("colours", () => {
  const channel = (byte: number) =>
    byte / 255 <= 0.03928 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = (hex.slice(1).match(/../g) ?? []).map((part) =>
      channel(Number.parseInt(part, 16)),
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string) => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  it.each(Object.entries(STYLES))("%s can be read on white and on the tint", (_, style) => {
    expect(contrast(style.colour, COLOURS.white)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(style.colour, COLOURS.tint)).toBeGreaterThanOrEqual(4.5);
  });

  it("bars stand out from the paper, and this month's from the others", () => {
    expect(contrast(COLOURS.mark, COLOURS.white)).toBeGreaterThanOrEqual(3);
    expect(contrast(COLOURS.accent, COLOURS.mark)).toBeGreaterThanOrEqual(2.5);
  });

  it("toHeatColour() grows darker with the number", () => {
    const steps = [0, 1, 30, 50, 70, 100].map((value) => luminance(toHeatColour(value, 100)));
    expect(steps).toEqual(steps.toSorted((a, b) => b - a));
    expect(toHeatColour(0, 0)).toBe(toHeatColour(0, 100));
  });
});
