import { createRequire } from "node:module";
import { GlobalFonts } from "canvas";
import type { ChartConfiguration, Plugin } from "chart.js";
import { ChartJSNodeCanvas } from "chartjs-node-canvas";
import type { ChartBlock } from "./blocks.ts";
import { CHART_FONT, toBarChart } from "./chart.ts";
import { type Palette, ROEBUCK_PALETTE, toPainter } from "./palette.ts";

/** The drawing's own units, in which its letters have the sizes of the page. */
const WIDTH = 300;
const HEIGHT = 120;
/** Pixels a unit: sharp where a mail shows it at 600 pixels, and on a screen with two pixels to one. */
const PIXELS = 4;
const FONT_FILES = [
  "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf",
  "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf",
] as const;

/** A picture for a mail. Width and height in pixels as it is to be shown; it has twice as many. */
export interface ChartPicture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

let renderer: ChartJSNodeCanvas | undefined;

/**
 * A bar chart of a record as a PNG, for mail programs, which draw none themselves. The same bars as in the PDF, in the
 * same letters: the fonts come with us, because a server may have none.
 */
export function toChartPicture(
  { bars, scale }: Pick<ChartBlock, "bars" | "scale">,
  palette: Palette = ROEBUCK_PALETTE,
): ChartPicture {
  renderer ??= openRenderer();
  const chart = toBarChart(bars, scale);
  const painted: ChartConfiguration<"bar"> = {
    ...chart,
    data: { ...chart.data, datasets: chart.data.datasets.map((one) => ({ ...one, ...toPaint(bars, palette) })) },
    // The renderer brings all of Chart.js: a key to one series would say nothing.
    options: { ...chart.options, devicePixelRatio: PIXELS, plugins: { legend: { display: false } } },
    plugins: [...(chart.plugins ?? []), toPaper(palette.colours.white)],
  };
  const png = renderer.renderToBufferSync(painted, "image/png");
  return { png, width: WIDTH * 2, height: HEIGHT * 2 };
}

function openRenderer(): ChartJSNodeCanvas {
  const { resolve } = createRequire(import.meta.url);
  for (const file of FONT_FILES) GlobalFonts.registerFromPath(resolve(file), CHART_FONT);
  return new ChartJSNodeCanvas({ width: WIDTH, height: HEIGHT });
}

function toPaint(bars: ChartBlock["bars"], palette: Palette): { readonly backgroundColor: string[] } {
  const paint = toPainter(palette);
  const { accent, mark } = ROEBUCK_PALETTE.colours;
  return { backgroundColor: bars.map(({ strong }) => paint(strong ? accent : mark)) };
}

/** A mail may be read on black: the picture brings its own paper. */
function toPaper(colour: string): Plugin<"bar"> {
  return {
    id: "paper",
    beforeDraw({ ctx, width, height }) {
      ctx.save();
      ctx.fillStyle = colour;
      ctx.fillRect(0, 0, width, height);
      ctx.restore();
    },
  };
}
