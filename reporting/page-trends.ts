import { FIGURES, type FigureName } from "../schemas/figures.ts";
import { toMonthOffset } from "../schemas/ids.ts";
import type { Cell, RecordOfEngagement } from "../schemas/record.ts";
import type { Block, ChartBlock, Column, HeatBlock } from "./blocks.ts";
import { toDayBars, toTrendBars } from "./chart.ts";
import { toCellMark, toCellWords, toCountedWords, toCountWords, toHourWords, toMonthWords, WEEKDAYS } from "./words.ts";

const TREND_HEIGHT_PT = 108;
const USE_HEIGHT_PT = 112;
const HOURS_WIDTH_PT = 456;
const HOUR_WIDTH_MAX_PT = 36;

/** Unique requests and active people by month, side by side on scales of their own; words where no month came before. */
export function toTrendCharts(record: RecordOfEngagement): Block[] {
  const earlier = record.trend.filter((month) => month.month !== record.month);
  if (earlier.length === 0) {
    const text = `${toMonthWords(record.month)} is the first closed month; the trend starts with the second.`;
    return [{ kind: "paragraph", tone: "body", text }];
  }
  const left = [toTrendChart(record, "Unique_Item_Requests")];
  const charts: Block = { kind: "columns", left, right: [toTrendChart(record, "active_people")], leftShare: 0.5 };
  return [charts, toTrendTable(record), ...toYearLine(record)];
}

const TREND_COLUMNS = ["Unique_Item_Requests", "active_people", "visits", "page_views", "Searches_Platform"] as const;

/** The numbers of the charts, and three more, month by month. */
function toTrendTable(record: RecordOfEngagement): Block {
  const columns: Column[] = [
    { title: "Month", align: "left", widthPt: "rest" },
    ...TREND_COLUMNS.map((name): Column => ({ title: FIGURES[name].title, align: "right", widthPt: 76 })),
  ];
  const rows = record.trend.map(({ month, figures }) => ({
    cells: [{ text: toMonthWords(month) }, ...TREND_COLUMNS.map((name) => ({ text: toCountWords(figures[name]) }))],
  }));
  return { kind: "table", summary: "Closed months", columns, rows, linesMax: 1, isCompact: true };
}

/** Sums of the year so far; what is missing from them is named. */
function toYearLine({ year, month }: RecordOfEngagement): Block[] {
  if (year.months.length < 2) return [];
  const { figures, missing } = year;
  const sums = [
    toCountedWords(figures.Unique_Item_Requests, "unique request", "unique requests"),
    toCountedWords(figures.visits, "visit", "visits"),
    toCountedWords(figures.Searches_Platform, "search", "searches"),
  ].join(", ");
  const basis = year.basis === "contract year" ? "Contract year" : "Year";
  const gaps = missing.length === 0 ? "" : ` Not closed, so not in the sums: ${missing.map(toMonthWords).join(", ")}.`;
  const text = `${basis} to date, ${toMonthWords(year.from)} to ${toMonthWords(month)}: ${sums}.${gaps}`;
  return [{ kind: "paragraph", tone: "small", text }];
}

/** The numbers of the day chart as a calendar: a row a week, a column a day. */
export function toDayTable(record: RecordOfEngagement): Block {
  const firstDay = (new Date(`${record.month}-01T00:00:00Z`).getUTCDay() + 6) % 7;
  const weeks = Array.from({ length: Math.ceil((firstDay + record.days.length) / 7) }, (_, week) => {
    const numbers = WEEKDAYS.map((_, day) => week * 7 + day - firstDay);
    const days = numbers.filter((day) => day >= 0 && day < record.days.length).map((day) => day + 1);
    const cells = numbers.map((day) => ({
      text: record.days[day] === undefined ? "–" : toCellMark(record.days[day], record.people_min),
    }));
    return { cells: [{ text: `${days[0]} to ${days.at(-1)}` }, ...cells] };
  });
  const columns = [
    { title: "Days", align: "left" as const, widthPt: "rest" as const },
    ...toNarrow(
      WEEKDAYS.map((day) => day.slice(0, 3)),
      26,
    ),
  ];
  return { kind: "table", summary: "Counted actions by day", columns, rows: weeks, linesMax: 1, isCompact: true };
}

/** The numbers of the grid: a row a weekday, a column an hour. Hours before the first and after the last view are left out. */
export function toHourTable(record: RecordOfEngagement): Block {
  const used = Array.from({ length: 24 }, (_, hour) => record.weekday_hours.some((counts) => counts[hour] !== 0));
  const [first, last] = [Math.max(0, used.indexOf(true)), used.lastIndexOf(true)];
  const hours = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const rows = record.weekday_hours.map((counts, day) => ({
    cells: [
      { text: WEEKDAYS[day]?.slice(0, 3) ?? "" },
      ...hours.map((hour) => ({ text: toCellMark(counts[hour] ?? null, record.people_min) })),
    ],
  }));
  const titles = hours.map((hour) => String(hour).padStart(2, "0"));
  const columns: Column[] = [
    { title: "Hour", align: "left", widthPt: "rest" },
    ...toNarrow(titles, toHourWidth(hours.length)),
  ];
  return { kind: "table", summary: "Page views by weekday and hour", columns, rows, linesMax: 1, isCompact: true };
}

/** As wide as looks even, and never so wide that the weekdays' column is lost. */
function toHourWidth(hours: number): number {
  return Math.min(HOUR_WIDTH_MAX_PT, Math.floor(HOURS_WIDTH_PT / hours));
}

function toNarrow(titles: readonly string[], widthPt: number): Column[] {
  return titles.map((title) => ({ title, align: "right", widthPt }));
}

/** One figure by month, up to 13 of them. */
export function toTrendChart(record: RecordOfEngagement, figure: FigureName): ChartBlock {
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
    bars,
    scale: "numbers",
  };
}

/** Counted actions by day of the month. */
export function toDayChart(record: RecordOfEngagement): ChartBlock {
  const month = toMonthWords(record.month).split(" ")[0] ?? "";
  const days = record.days.map((count, index) => `${index + 1} ${month}: ${toPeopleWords(count, record)}`);
  return {
    kind: "chart",
    caption: "Counted actions by day of the month",
    alt: `Bar chart of counted actions by day. ${days.join("; ")}.`,
    heightPt: USE_HEIGHT_PT,
    bars: toDayBars(record),
    scale: "axis",
  };
}

/** Page views by weekday and hour, with the busiest hour in words. */
export function toHourGrid(record: RecordOfEngagement): HeatBlock {
  const note = toBusiestWords(record.weekday_hours);
  const rows = record.weekday_hours.map(
    (hours, day) => `${WEEKDAYS[day]}: ${hours.map((count) => toPeopleWords(count, record)).join(", ")}`,
  );
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

/** The number of a square in words; where it is withheld, that few people are behind it. */
function toPeopleWords(cell: Cell, { people_min }: RecordOfEngagement): string {
  return cell === null ? `${toCellWords(cell, people_min)} people` : toCountWords(cell);
}

function toBusiestWords(grid: readonly (readonly Cell[])[]): string {
  const cells = grid.flat();
  const most = Math.max(0, ...cells.map((cell) => cell ?? 0));
  if (most === 0) return cells.includes(null) ? "" : "No page views in this month.";
  const day = grid.findIndex((hours) => hours.includes(most));
  const hour = grid[day]?.indexOf(most) ?? 0;
  return `Busiest: ${WEEKDAYS[day]}, ${toHourWords(hour)}, ${toCountedWords(most, "page view", "page views")}.`;
}
