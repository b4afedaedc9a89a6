import type { ChartConfiguration, Plugin } from "chart.js";
import type { FigureName } from "../schemas/figures.ts";
import { toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { COLOURS, STYLES } from "./theme.ts";
import { toCountWords, toMonthShort } from "./words.ts";

/** The family name under which the document's own font is asked for. No digit: CSS would want it quoted. */
export const CHART_FONT = "Source Sans";

/** Up to this a number has room above each of 13 bars in half the width of the page. */
const NUMBER_MAX = 9999;
const NUMBER_SIZE_PT = 6.5;

const TICK = { family: CHART_FONT, size: STYLES.tick.sizePt, weight: "normal" } as const;

/** A bar: its label under the axis, and its number (`null` where the month was never closed, or the day is withheld). */
export interface Bar {
  readonly label: string;
  readonly value: number | null;
  readonly strong: boolean;
  /** Hatched to a fixed height: neither nothing nor any number. */
  readonly isWithheld?: boolean;
}

/**
 * The bars of one figure by month, from the first closed month of the 13 up to the record's own.
 * A month that was never closed keeps its place and stays empty.
 */
export function toTrendBars(record: RecordOfEngagement, figure: FigureName): Bar[] {
  const values = new Map(record.trend.map((month) => [month.month, month.figures[figure]]));
  values.set(record.month, record.figures[figure]);
  const all = Array.from({ length: 13 }, (_, index) => toMonthOffset(record.month, index - 12));
  const first = all.findIndex((month) => values.has(month));
  return all.slice(first).map((month) => ({
    label: toMonthShort(month),
    value: values.get(month) ?? null,
    strong: month === record.month,
  }));
}

/** The bars of the days of the month; the axis names the 1st and every fifth day. */
export function toDayBars(record: RecordOfEngagement): Bar[] {
  return record.days.map((value, index) => ({
    label: index === 0 || (index + 1) % 5 === 0 ? String(index + 1) : "",
    value,
    strong: true,
    isWithheld: value === null,
  }));
}

/**
 * A bar chart of one series, which needs no legend.
 *
 * @param scale `numbers`: each bar carries its own and there is no axis, unless one is too long; `axis`: an axis with lines
 */
export function toBarChart(bars: readonly Bar[], scale: "numbers" | "axis"): ChartConfiguration<"bar"> {
  const numbered = scale === "numbers" && bars.every((bar) => (bar.value ?? 0) <= NUMBER_MAX);
  return {
    type: "bar",
    data: {
      labels: bars.map((bar) => bar.label),
      datasets: [
        {
          data: bars.map((bar) => bar.value),
          backgroundColor: bars.map((bar) => (bar.strong ? COLOURS.accent : COLOURS.mark)),
          maxBarThickness: 15,
          categoryPercentage: 0.86,
          barPercentage: 0.86,
        },
      ],
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: 1,
      events: [],
      layout: { padding: { top: numbered ? 12 : 5, right: 1 } },
      scales: { x: toCategoryAxis(), y: toCountAxis(numbered, Math.max(1, ...bars.map((bar) => bar.value ?? 0))) },
    },
    plugins: [
      ...(numbered ? [NUMBERS_OVER_BARS] : []),
      ...(bars.some(({ isWithheld }) => isWithheld) ? [toHatchedBars(bars)] : []),
    ],
  };
}

function toCategoryAxis() {
  return {
    grid: { display: false, tickLength: 0 },
    border: { color: COLOURS.line },
    ticks: { font: TICK, color: COLOURS.grey, autoSkip: false, maxRotation: 0, padding: 3 },
  };
}

function toCountAxis(numbered: boolean, most: number) {
  return {
    display: !numbered,
    beginAtZero: true,
    ...(numbered ? { max: most } : { suggestedMax: 4 }),
    grid: { color: COLOURS.hair, lineWidth: 0.5, drawTicks: false },
    border: { display: false },
    ticks: {
      font: TICK,
      color: COLOURS.grey,
      maxTicksLimit: 5,
      precision: 0,
      padding: 4,
      callback: (value: string | number) => toCountWords(Number(value)),
    },
  };
}

const HATCH_HEIGHT_PT = 9;
const HATCH_STEP_PT = 2;

/** Hatches the place of each withheld bar, to the same height everywhere: it tells no number. */
function toHatchedBars(bars: readonly Bar[]): Plugin<"bar"> {
  return {
    id: "hatched-bars",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea } = chart;
      const places = chart.getDatasetMeta(0).data;
      const widthPt = Math.min(15, ((chartArea.right - chartArea.left) / Math.max(1, bars.length)) * 0.74);
      ctx.fillStyle = COLOURS.grey;
      for (const [index, { x }] of places.entries()) {
        if (!bars[index]?.isWithheld) continue;
        for (let up = HATCH_STEP_PT; up <= HATCH_HEIGHT_PT; up += HATCH_STEP_PT)
          ctx.fillRect(x - widthPt / 2, chartArea.bottom - up, widthPt, 0.6);
      }
    },
  };
}

/** Writes each bar's number above it. */
const NUMBERS_OVER_BARS: Plugin<"bar"> = {
  id: "numbers-over-bars",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    const values = chart.data.datasets[0]?.data ?? [];
    ctx.fillStyle = COLOURS.ink;
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    for (const [index, bar] of chart.getDatasetMeta(0).data.entries()) {
      const value = values[index];
      if (typeof value !== "number") continue;
      ctx.font = `${index === values.length - 1 ? 600 : 400} ${NUMBER_SIZE_PT}px ${CHART_FONT}`;
      ctx.fillText(toCountWords(value), bar.x, bar.y - 1);
    }
  },
};
