import { FIGURES, type FigureName } from "../schemas/figures.ts";
import { toMonthOffset } from "../schemas/ids.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Block, ChartBlock, HeatBlock } from "./blocks.ts";
import { toBarChart, toDayBars, toTrendBars } from "./chart.ts";
import { toCountedWords, toCountWords, toHourWords, toMonthWords, WEEKDAYS } from "./words.ts";

const TREND_HEIGHT_PT = 108;
const USE_HEIGHT_PT = 112;

/** Unique requests and active people by month, side by side on scales of their own; words where no month came before. */
export function toTrendCharts(record: RecordOfEngagement): Block[] {
  const earlier = record.trend.filter((month) => month.month !== record.month);
  if (earlier.length === 0) {
    const text = `${toMonthWords(record.month)} is the first closed month; the trend starts with the second.`;
    return [{ kind: "paragraph", tone: "body", text }];
  }
  const left = [toTrendChart(record, "Unique_Item_Requests")];
  return [{ kind: "columns", left, right: [toTrendChart(record, "active_people")], leftShare: 0.5 }];
}

function toTrendChart(record: RecordOfEngagement, figure: FigureName): ChartBlock {
  const bars = toTrendBars(record, figure);
  const months = bars.map((bar, index) => {
    const month = toMonthWords(toMonthOffset(record.month, index - bars.length + 1));
    return `${month}: ${bar.value === null ? "not closed" : toCountWords(bar.value)}`;
  });
  const { title } = FIGURES[figure];
  const first = toMonthWords(toMonthOffset(record.month, 1 - bars.length));
  return {
    kind: "chart",
    caption: `${title} a month, ${first} to ${toMonthWords(record.month)}`,
    alt: `Bar chart of ${title.toLowerCase()} by month. ${months.join("; ")}.`,
    heightPt: TREND_HEIGHT_PT,
    config: toBarChart(bars, "numbers"),
  };
}

/** Counted actions by day of the month. */
export function toDayChart(record: RecordOfEngagement): ChartBlock {
  const month = toMonthWords(record.month).split(" ")[0] ?? "";
  const days = record.days.map((count, index) => `${index + 1} ${month}: ${toCountWords(count)}`);
  return {
    kind: "chart",
    caption: "Counted actions by day of the month",
    alt: `Bar chart of counted actions by day. ${days.join("; ")}.`,
    heightPt: USE_HEIGHT_PT,
    config: toBarChart(toDayBars(record), "axis"),
  };
}

/** Page views by weekday and hour, with the busiest hour in words. */
export function toHourGrid(record: RecordOfEngagement): HeatBlock {
  const note = toBusiestWords(record.weekday_hours);
  const rows = record.weekday_hours.map((hours, day) => `${WEEKDAYS[day]}: ${hours.map(toCountWords).join(", ")}`);
  return {
    kind: "heat",
    caption: "Page views by weekday and hour",
    alt: `Grid of page views by weekday and hour. ${note} By hour from midnight. ${rows.join("; ")}.`,
    heightPt: USE_HEIGHT_PT,
    rowNames: WEEKDAYS.map((day) => day.slice(0, 3)),
    values: record.weekday_hours,
    note,
  };
}

function toBusiestWords(grid: readonly (readonly number[])[]): string {
  const most = Math.max(0, ...grid.flat());
  if (most === 0) return "No page views in this month.";
  const day = grid.findIndex((hours) => hours.includes(most));
  const hour = grid[day]?.indexOf(most) ?? 0;
  return `Busiest: ${WEEKDAYS[day]}, ${toHourWords(hour)}, ${toCountedWords(most, "page view", "page views")}.`;
}
