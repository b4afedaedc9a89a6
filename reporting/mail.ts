import type { RecordOfEngagement } from "../schemas/record.ts";
import type { ChartBlock } from "./blocks.ts";
import { type MailContext, type MailWords, toMailWords } from "./mail-words.ts";
import { html, type Markup, NOTHING } from "./markup-text.ts";
import { toDayChart, toTrendChart } from "./page-trends.ts";
import { type Palette, ROEBUCK_PALETTE } from "./palette.ts";

/** A mail about a record, but for its files. */
export interface RecordMail {
  readonly subject: string;
  /** Complete: whoever reads plain text misses the picture alone. */
  readonly text: string;
  readonly html: string;
  /** To be drawn and put in as {@link CHART_ID}; absent where there is nothing to draw. */
  readonly chart?: ChartBlock;
}

/** Content-ID of the chart's picture. */
export const CHART_ID = "chart";

/** Columns of plain text that every mail program shows. */
const LINE_MAX = 76;

/**
 * A record as a mail to one Link Officer. Pure: the same record and officer give the same mail.
 *
 * @param size pixels that the picture of the chart is shown at
 */
export function toMail(
  record: RecordOfEngagement,
  context: MailContext,
  size: { readonly width: number; readonly height: number },
  palette: Palette = ROEBUCK_PALETTE,
): RecordMail {
  const words = toMailWords(record, context);
  const chart = words.figures.length === 0 ? undefined : toMailChart(record);
  const { markup } = toMailPage(words, chart, size, palette);
  return { subject: words.subject, text: toMailText(words), html: markup, ...(chart === undefined ? {} : { chart }) };
}

/** Months where there are some, otherwise days; nothing where days would tell who came. */
function toMailChart(record: RecordOfEngagement): ChartBlock | undefined {
  if (record.trend.some(({ month }) => month !== record.month)) return toTrendChart(record, "Unique_Item_Requests");
  return record.days.some((count) => (count ?? 0) > 0) ? toDayChart(record) : undefined;
}

function toMailText(words: MailWords): string {
  const { greeting, opening, figuresTitle, figures, closing, link, signature } = words;
  const labels = Math.max(0, ...figures.map(({ label }) => label.length));
  const values = Math.max(0, ...figures.map(({ value }) => value.length));
  const rows = figures.map(
    ({ label, value, change }) => `  ${label.padEnd(labels)}  ${value.padStart(values)}  ${change}`,
  );
  return [
    greeting,
    ...opening.map(toLines),
    ...(rows.length === 0 ? [] : [`${figuresTitle}:\n\n${rows.join("\n")}`]),
    ...closing.map((line) => toLines(line.replace("{link}", link))),
    // what mail programs know as the end of what was written
    `-- \n${signature.map(toLines).join("\n")}`,
  ]
    .join("\n\n")
    .concat("\n");
}

/** Breaks at spaces; an address is never cut. */
function toLines(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > LINE_MAX) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** One column, styles within the elements, nothing fetched: what mail programs of the last twenty years show alike. */
function toMailPage(
  words: MailWords,
  chart: ChartBlock | undefined,
  { width, height }: { readonly width: number; readonly height: number },
  { colours }: Palette,
): Markup {
  const font = "font-family:'Source Sans 3','Segoe UI',Roboto,Arial,sans-serif";
  const text = `margin:0 0 16px;font-size:16px;line-height:24px;color:${colours.ink}`;
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${words.subject}</title>
</head>
<body style="margin:0;padding:0;background:${colours.white};color:${colours.ink};${font}">
<main style="max-width:${width}px;margin:0 auto;padding:24px 16px">
<h1 style="margin:0 0 20px;padding:0 0 8px;border-bottom:2px solid ${colours.accent};font-size:22px;line-height:28px;color:${colours.accent}">${words.title}</h1>
${[words.greeting, ...words.opening].map((line) => html`<p style="${text}">${line}</p>`)}
${toFigureTable(words, colours)}
${chart === undefined ? NOTHING : toPicture(chart, width, height, colours)}
${words.closing.map((line) => toClosingLine(line, words.link, text, colours))}
<p style="margin:24px 0 0;padding:12px 0 0;border-top:1px solid ${colours.line};font-size:14px;line-height:20px;color:${colours.grey}">${words.signature.map((line, index) => html`${index === 0 ? NOTHING : html`<br>`}${line}`)}</p>
</main>
</body>
</html>
`;
}

function toFigureTable({ figures, figuresTitle }: MailWords, colours: Palette["colours"]): Markup {
  if (figures.length === 0) return NOTHING;
  const cell = `padding:6px 8px 6px 0;border-bottom:1px solid ${colours.line};font-size:16px;line-height:22px;vertical-align:top`;
  const rows = figures.map(
    ({ label, value, change }) => html`<tr>
<th scope="row" style="${cell};text-align:left;font-weight:normal">${label}</th>
<td style="${cell};text-align:right;font-weight:bold">${value}</td>
<td style="${cell};padding-left:8px;color:${colours.grey}">${change}</td>
</tr>`,
  );
  const head = `${cell};text-align:left;font-size:14px;color:${colours.grey};font-weight:normal`;
  return html`<table style="width:100%;margin:0 0 24px;border-collapse:collapse">
<caption style="padding:0 0 4px;text-align:left;font-size:18px;line-height:24px;font-weight:bold;color:${colours.accent}">${figuresTitle}</caption>
<thead><tr><th scope="col" style="${head}">Figure</th><th scope="col" style="${head};text-align:right">Count</th><th scope="col" style="${head};padding-left:8px">Against the month before</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>`;
}

function toPicture(chart: ChartBlock, width: number, height: number, colours: Palette["colours"]): Markup {
  return html`<p style="margin:0 0 4px;font-size:16px;line-height:22px;font-weight:bold;color:${colours.ink}">${chart.caption}</p>
<p style="margin:0 0 20px"><img src="cid:${CHART_ID}" width="${width}" height="${height}" alt="${chart.alt}" style="display:block;width:100%;max-width:${width}px;height:auto;border:0;font-size:14px"></p>`;
}

function toClosingLine(line: string, link: string, style: string, colours: Palette["colours"]): Markup {
  const [before = "", after] = line.split("{link}");
  if (after === undefined) return html`<p style="${style}">${line}</p>`;
  return html`<p style="${style}">${before}<a href="${link}" style="color:${colours.accent}">${link}</a>${after}</p>`;
}
