import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from "chart.js";

/** As `toLiveCharts` writes it into the page. */
interface LiveChart {
  readonly caption: string;
  readonly alt: string;
  readonly labels: readonly string[];
  readonly values: readonly (number | null)[];
  readonly strong: number;
}

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

/** Colours of the page's own style sheet. */
function readColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Puts a chart that answers to the pointer in place of the drawing; the table after it stays. */
function replaceDrawing(figure: Element, chart: LiveChart): void {
  const drawing = figure.querySelector("svg");
  if (drawing === null) return;
  const frame = document.createElement("div");
  frame.className = "live";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${chart.caption}. ${chart.alt}`);
  frame.append(canvas);
  drawing.replaceWith(frame);
  const [accent, mark, grey, hair] = ["accent", "mark", "grey", "hair"].map(readColour);
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: [...chart.labels],
      datasets: [
        {
          data: [...chart.values],
          backgroundColor: chart.values.map((_, index) => (index === chart.strong ? accent : mark) ?? "black"),
        },
      ],
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: { tooltip: { displayColors: false, bodyFont: font, titleFont: font } },
      scales: {
        x: { grid: { display: false }, ticks: { color: grey ?? "black", font, maxRotation: 0 } },
        y: {
          beginAtZero: true,
          grid: { color: hair ?? "grey" },
          ticks: { color: grey ?? "black", font, precision: 0 },
        },
      },
    },
  });
}

const main = document.querySelector<HTMLElement>("main[data-charts]");
const charts = JSON.parse(main?.dataset.charts ?? "[]") as (LiveChart | null)[]; // our own page
for (const [index, figure] of [...document.querySelectorAll("main figure")].entries()) {
  const chart = charts[index];
  if (chart !== undefined && chart !== null) replaceDrawing(figure, chart);
}
