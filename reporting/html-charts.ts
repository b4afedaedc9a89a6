import type { Band, BandsBlock, ChartBlock, HeatBlock } from "./blocks.ts";
import type { Bar } from "./chart.ts";
import { toHeatStep } from "./heat-colour.ts";
import { html, type Markup, NOTHING } from "./markup-text.ts";
import { toCountWords } from "./words.ts";

const WIDTH = 400;
const BARS = { top: 16, height: 104, foot: 16, axis: 34 } as const;
const HOURS = { name: 28, row: 15, foot: 16 } as const;
const HATCH_HEIGHT = 12;
const BAND = { row: 42, name: 118, words: 60 } as const;

/** A chart as an inline drawing; who cannot see it is told its numbers, which also stand in the table after it. */
export function toChartMarkup(block: ChartBlock | HeatBlock | BandsBlock, id: string): Markup {
  const { height, content } = toDrawing(block);
  return html`<figure><figcaption>${block.caption}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${block.caption}</title><desc id="${id}-desc">${block.alt}</desc>
${content}
</svg>${block.kind === "heat" && block.note !== "" ? html`<p class="small">${block.note}</p>` : NOTHING}</figure>`;
}

function toDrawing(block: ChartBlock | HeatBlock | BandsBlock): { height: number; content: readonly Markup[] } {
  switch (block.kind) {
    case "chart":
      return { height: BARS.top + BARS.height + BARS.foot, content: toBars(block.bars, block.scale) };
    case "heat":
      return { height: block.values.length * HOURS.row + HOURS.foot, content: toHours(block) };
    case "bands":
      return { height: block.bands.length * BAND.row, content: block.bands.flatMap(toBand) };
  }
}

function toBars(bars: readonly Bar[], scale: ChartBlock["scale"]): Markup[] {
  const most = Math.max(1, ...bars.map(({ value }) => value ?? 0));
  const left = scale === "axis" ? BARS.axis : 0;
  const step = (WIDTH - left) / Math.max(1, bars.length);
  const base = BARS.top + BARS.height;
  const drawn = bars.flatMap(({ value, label, strong, isWithheld }, index): Markup[] => {
    const middle = toPlace(left + (index + 0.5) * step);
    const tall = toPlace(((value ?? 0) / most) * BARS.height);
    const width = toPlace(Math.min(22, step * 0.72));
    const hatch = { x: toPlace(middle - width / 2), y: base - HATCH_HEIGHT, width, height: HATCH_HEIGHT };
    return [
      ...(isWithheld ? toHatch(hatch) : []),
      ...(value === null
        ? []
        : [
            html`<rect class="${strong ? "accent" : "mark"}" x="${toPlace(middle - width / 2)}" y="${toPlace(base - tall)}" width="${width}" height="${tall}"/>`,
          ]),
      ...(value === null || scale === "axis"
        ? []
        : [html`<text x="${middle}" y="${toPlace(base - tall - 4)}" class="number">${toCountWords(value)}</text>`]),
      ...(label === "" ? [] : [html`<text x="${middle}" y="${base + 12}">${label}</text>`]),
    ];
  });
  const axis = scale === "axis" ? toAxis(most, left, base) : [];
  return [...axis, ...drawn, html`<line x1="${left}" x2="${WIDTH}" y1="${base}" y2="${base}"/>`];
}

function toAxis(most: number, left: number, base: number): Markup[] {
  return [most, Math.round(most / 2), 0].map((value) => {
    const y = toPlace(base - (value / most) * BARS.height);
    return html`<line class="hair" x1="${left}" x2="${WIDTH}" y1="${y}" y2="${y}"/><text class="end" x="${left - 4}" y="${toPlace(y + 3)}">${toCountWords(value)}</text>`;
  });
}

function toHours({ values, rowNames }: HeatBlock): Markup[] {
  const most = Math.max(0, ...values.flat().map((value) => value ?? 0));
  const hours = Math.max(1, ...values.map((row) => row.length));
  const width = (WIDTH - HOURS.name) / hours;
  const rows = values.flatMap((row, day) => [
    html`<text class="start" x="0" y="${day * HOURS.row + 11}">${rowNames[day] ?? ""}</text>`,
    ...row.flatMap((value, hour) => {
      const [x, y] = [toPlace(HOURS.name + hour * width), day * HOURS.row + 1];
      const square = { x, y, width: toPlace(width - 1), height: HOURS.row - 2 };
      if (value === null) return toHatch(square);
      const step = toHeatStep(value, most);
      return html`<rect class="heat-${step}" x="${x}" y="${y}" width="${square.width}" height="${square.height}"/>`;
    }),
  ]);
  const foot = [0, 6, 12, 18].map(
    (hour) =>
      html`<text class="start" x="${toPlace(HOURS.name + hour * width)}" y="${values.length * HOURS.row + 12}">${`${String(hour).padStart(2, "0")}:00`}</text>`,
  );
  return [...rows, ...foot];
}

/** What is withheld: lines, which no number looks like. */
function toHatch({ x, y, width, height }: Record<"x" | "y" | "width" | "height", number>): Markup[] {
  return Array.from({ length: Math.floor(height / 3) }, (_, line) => {
    const at = toPlace(y + 1.5 + line * 3);
    return html`<line class="hatch" x1="${x}" x2="${toPlace(x + width)}" y1="${at}" y2="${at}"/>`;
  });
}

function toBand(band: Band, index: number): Markup[] {
  const most = Math.max(band.upper, band.own) * 1.04 || 1;
  const room = WIDTH - BAND.name - BAND.words;
  const at = (value: number) => toPlace(BAND.name + (value / most) * room);
  const y = index * BAND.row + 26;
  const own = at(band.own);
  return [
    html`<text class="start" x="0" y="${y + 4}">${band.label}</text>`,
    html`<line x1="${BAND.name}" x2="${BAND.name + room}" y1="${y}" y2="${y}"/>`,
    html`<rect class="mark" x="${at(band.lower)}" y="${y - 6}" width="${toPlace(Math.max(1, at(band.upper) - at(band.lower)))}" height="12"/>`,
    html`<rect class="ink" x="${toPlace(at(band.median) - 1)}" y="${y - 9}" width="2" height="18"/>`,
    html`<polygon class="accent" points="${`${toPlace(own - 6)},${y - 20} ${toPlace(own + 6)},${y - 20} ${own},${y - 9}`}"/>`,
    html`<text class="end number" x="${WIDTH}" y="${y + 4}">${band.words}</text>`,
  ];
}

/** Tenths are enough for a drawing, and keep it the same on every machine. */
function toPlace(value: number): number {
  return Math.round(value * 10) / 10;
}
