import type { Block, Card, Column, Definition, Row, TableBlock } from "./blocks.ts";
import { toChartMarkup } from "./html-charts.ts";
import { toImage } from "./html-image.ts";
import { html, type Markup, NOTHING } from "./markup-text.ts";

type Masthead = Extract<Block, { kind: "masthead" }>;
type Columns = Extract<Block, { kind: "columns" }>;

const ARROWS = { up: "▲ ", down: "▼ ", none: "" } as const;

/** Blocks as HTML, in their order. Every heading and chart gets an id from where it stands, below `id`. Pure. */
export function toMarkup(blocks: readonly Block[], id = "part"): Markup[] {
  return blocks.map((block, index) => toBlockMarkup(block, `${id}-${index + 1}`));
}

function toBlockMarkup(block: Block, id: string): Markup {
  switch (block.kind) {
    case "masthead":
      return toHead(block);
    case "heading":
      return html`<h2 id="${id}">${block.text}</h2>`;
    case "paragraph":
      return html`<p class="${block.tone}" dir="auto">${block.text}</p>`;
    case "notice":
      return html`<p class="notice" dir="auto">${block.text}</p>`;
    case "cards":
      return html`<ul class="cards">
${block.cards.map(toCard)}
</ul>`;
    case "chart":
    case "heat":
    case "bands":
      return toChartMarkup(block, id);
    case "table":
      return toTable(block);
    case "definitions":
      return html`<dl>
${block.items.map(toDefinition)}
</dl>`;
    case "columns":
      return toColumns(block, id);
    case "new-page":
      return NOTHING;
    default:
      return block satisfies never;
  }
}

/** Its wordmark and edition stand in the line above, which is not the block's. */
function toHead({ kicker, title, month, facts, logos }: Masthead): Markup {
  const { partner } = logos;
  return html`${partner === undefined ? NOTHING : toImage(partner, `Logo of ${title}`, "partner")}<h1><span class="kicker">${kicker} </span><span dir="auto">${title} </span><span class="month">${month}</span></h1>
<p class="facts" dir="auto">${facts}</p>`;
}

function toCard({ label, value, change, before, yearBefore, way }: Card): Markup {
  return html`<li><span class="label">${label} </span><strong class="value">${value} </strong>${
    change === "" ? NOTHING : html`<span><span aria-hidden="true" class="way">${ARROWS[way]}</span>${change} </span>`
  }<span class="before">${before}</span>${yearBefore === undefined ? NOTHING : html` <span class="before">${yearBefore}</span>`}</li>`;
}

function toTable({ summary, columns, rows, isCompact = false }: TableBlock): Markup {
  return html`<div class="scroll" role="region" aria-label="${summary}" tabindex="0"><table class="${isCompact ? "compact" : "full"}"><caption>${summary}</caption>
<thead><tr>${columns.map(({ title, align }) => html`<th scope="col" class="${align}">${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => toRow(row, columns))}
</tbody></table></div>`;
}

function toRow({ cells, role }: Row, columns: readonly Column[]): Markup {
  const drawn = cells.map(({ text, under }, index) => {
    const align = columns[index]?.align ?? "left";
    const content = under === undefined ? html`${text}` : html`${text} <span class="under" dir="auto">${under}</span>`;
    if (index === 0) return html`<th scope="row" dir="auto">${content}</th>`;
    return align === "right" ? html`<td class="right">${content}</td>` : html`<td dir="auto">${content}</td>`;
  });
  return html`<tr class="${role ?? "row"}">${drawn}</tr>`;
}

function toDefinition({ term, prose, source }: Definition): Markup {
  return html`<div><dt>${term}</dt><dd>${prose} [${source}]</dd></div>`;
}

function toColumns({ left, right, tail = [] }: Columns, id: string): Markup {
  return html`<div class="columns"><div>
${toMarkup(left, `${id}-a`)}
</div><div>
${toMarkup(right, `${id}-b`)}
${toMarkup(tail, `${id}-c`)}
</div></div>`;
}
