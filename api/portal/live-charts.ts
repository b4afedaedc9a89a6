import type { Block, ChartBlock } from "../../reporting/blocks.ts";

/** The numbers of one chart, for the browser to draw again so that it answers to a pointer. */
export interface LiveChart {
  readonly caption: string;
  /** What is read out in place of the chart. */
  readonly alt: string;
  readonly labels: readonly string[];
  /** `null` where there is nothing to show. */
  readonly values: readonly (number | null)[];
  /** Index of the bar that stands out; -1 where all are alike. */
  readonly strong: number;
}

/**
 * The charts of a page in the order in which they stand in its HTML, one entry a figure: `null` for a figure that stays
 * as it is drawn. The same blocks make the page, so the numbers are the same. Pure.
 */
export function toLiveCharts(blocks: readonly Block[]): readonly (LiveChart | null)[] {
  return blocks.flatMap((block) => {
    switch (block.kind) {
      case "chart":
        return [toLiveChart(block)];
      case "heat":
      case "bands":
        return [null];
      case "columns":
        return toLiveCharts([...block.left, ...block.right, ...(block.tail ?? [])]);
      default:
        return [];
    }
  });
}

/** Of the days of a month only every fifth has its number under the axis; to a pointer each says which it is. */
function toLiveChart(chart: ChartBlock): LiveChart {
  const strong = chart.bars.filter((bar) => bar.strong);
  return {
    caption: chart.caption,
    alt: chart.alt,
    labels: chart.bars.map(({ label }, index) => (label === "" ? String(index + 1) : label)),
    values: chart.bars.map(({ value }) => value),
    strong: strong.length === 1 ? chart.bars.findIndex((bar) => bar.strong) : -1,
  };
}
