import { toHtmlText } from "../../schemas/markup.ts";
import type { DocumentSection, DocumentTable, Piece, ProcessingDocument } from "./document.ts";
import { STYLE } from "./style.ts";

/**
 * The document as one HTML page that needs nothing else: no script, no font, no picture. Headings, captions and header
 * cells say what is what; wide tables can be scrolled by keyboard; the print style is for A4 across. Pure.
 *
 * In a narrow window each row stands as a block with its headings beside the cells. The roles are written out because a
 * table that is laid out otherwise is no table to a screen reader.
 *
 * @see WCAG 2.2: 1.3.1, 1.4.3, 1.4.10, 2.1.1, 2.4.1
 */
export function toHtmlPage({ title, facts, sections }: ProcessingDocument): string {
  const [, organisation = ""] = facts[0] ?? [];
  const whose = typeof organisation === "string" && organisation !== "" ? ` - ${toHtmlText(organisation)}` : "";
  return `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${toHtmlText(title)}${whose}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<h1>${toHtmlText(title)}</h1>
<dl>
${facts.map(([name, value]) => `<div><dt>${toHtmlText(name)}</dt><dd>${toHtmlPiece(value)}</dd></div>`).join("\n")}
</dl>
</header>
<nav aria-label="Contents">
<ol>
${sections.map((section) => `<li><a href="#${section.id}">${toHtmlText(section.title)}</a></li>`).join("\n")}
</ol>
</nav>
<main id="main" tabindex="-1">
${sections.map(toHtmlSection).join("\n")}
</main>
</body>
</html>
`;
}

function toHtmlSection({ id, title, paragraphs, tables }: DocumentSection): string {
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${toHtmlText(title)}</h2>
${paragraphs.map((pieces) => `<p>${pieces.map(toHtmlPiece).join(" ")}</p>`).join("\n")}
${tables.map((table, index) => toHtmlTable(table, `${id}-${index + 1}`)).join("\n")}
</section>`;
}

function toHtmlTable({ caption, headings, rows }: DocumentTable, id: string): string {
  const heads = headings.map((heading) => `<th role="columnheader" scope="col">${toHtmlText(heading)}</th>`);
  const body =
    rows.length === 0
      ? `<tr role="row"><td role="cell" colspan="${headings.length}">None.</td></tr>`
      : rows.map((row) => toHtmlRow(row, headings)).join("\n");
  return `<div class="wide" role="region" aria-labelledby="${id}" tabindex="0">
<table class="of-${headings.length}" role="table">
<caption><span id="${id}">${toHtmlText(caption)}</span></caption>
<thead role="rowgroup"><tr role="row">${heads.join("")}</tr></thead>
<tbody role="rowgroup">
${body}
</tbody>
</table>
</div>`;
}

function toHtmlRow([first = "", ...others]: readonly Piece[], headings: readonly string[]): string {
  const cells = others.map(
    (piece, index) =>
      `<td role="cell" data-heading="${toHtmlText(headings[index + 1] ?? "")}">${toHtmlPiece(piece)}</td>`,
  );
  return `<tr role="row"><th role="rowheader" scope="row">${toHtmlPiece(first)}</th>${cells.join("")}</tr>`;
}

function toHtmlPiece(piece: Piece): string {
  if (typeof piece === "string") return toHtmlText(piece).replaceAll("Art. ", "Art.&nbsp;");
  if ("gap" in piece) return `<strong class="gap">[${toHtmlText(piece.gap)}]</strong>`;
  return piece.code.map((name) => `<code>${toHtmlText(name)}</code>`).join(", ");
}
