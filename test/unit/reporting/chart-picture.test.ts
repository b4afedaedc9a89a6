import { createCanvas, loadImage } from "canvas";
import { describe, expect, it } from "vitest";
import { toTrendBars } from "../../../reporting/chart.ts";
import { toChartPicture } from "../../../reporting/chart-picture.ts";
import { toPalette } from "../../../reporting/palette.ts";
import { aRecord } from "../../fixtures/a-record.ts";

const BARS = toTrendBars(aRecord(), "Unique_Item_Requests");

/** The colours of a picture, each as `r,g,b`, with how often it is there. */
async function colours(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const counts = new Map<string, number>();
  let clear = 0;
  for (let at = 0; at < data.length; at += 4) {
    const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
    if (data[at + 3] !== 255) clear += 1;
  }
  return { width: image.width, height: image.height, counts, clear };
}

describe("toChartPicture()", () => {
  it("is a PNG of twice the pixels that it is shown at, small enough for a mail", async () => {
    const { png, width, height } = toChartPicture({ bars: BARS, scale: "numbers" });
    expect(Buffer.from(png).subarray(1, 4).toString()).toBe("PNG");
    const image = await colours(png);
    expect([image.width, image.height]).toEqual([2 * width, 2 * height]);
    expect([width, height]).toEqual([600, 240]);
    expect(png.byteLength).toBeLessThan(60_000);
  });

  it("brings its own paper, so that it can be read on black", async () => {
    const { counts, clear } = await colours(toChartPicture({ bars: BARS, scale: "numbers" }).png);
    expect(clear).toBe(0);
    expect([...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0]).toBe("255,255,255");
  });

  it("draws in the colour of the house", async () => {
    const { counts } = await colours(toChartPicture({ bars: BARS, scale: "numbers" }, toPalette("#7a1f5c")).png);
    expect(counts.get("122,31,92") ?? 0).toBeGreaterThan(1_000);
    const { counts: plain } = await colours(toChartPicture({ bars: BARS, scale: "numbers" }).png);
    expect(plain.get("122,31,92") ?? 0).toBe(0);
  });

  it("gives more of the picture to more use", async () => {
    const ink = async (values: readonly number[]) => {
      const bars = values.map((value, index) => ({ ...(BARS[index] ?? fail()), value }));
      const { counts } = await colours(toChartPicture({ bars, scale: "axis" }).png);
      return [...counts.values()].reduce((sum, count) => sum + count, 0) - (counts.get("255,255,255") ?? 0);
    };
    expect(await ink([100, 100, 100])).toBeGreaterThan(1.5 * (await ink([10, 10, 100])));
  });

  it("is the same picture each time, and letters do not fade after many", () => {
    const first = toChartPicture({ bars: BARS, scale: "numbers" }).png;
    for (let round = 0; round < 5; round += 1)
      expect(Buffer.from(toChartPicture({ bars: BARS, scale: "numbers" }).png).equals(first)).toBe(true);
  });

  it("draws a chart without bars rather than fail", async () => {
    const { width } = await colours(toChartPicture({ bars: [], scale: "numbers" }).png);
    expect(width).toBe(1_200);
  });
});

function fail(): never {
  throw new Error("there must be a bar");
}
