import { toHtmlText } from "../../schemas/markup.ts";
import type { DocumentSection, DocumentTable, Piece, ProcessingDocument } from "./document.ts";
import { STYLE } from "./style.ts";

/**
 * The document as one HTML page that needs nothing else: no script, no font, no picture. Headings, captions and header
 * cells say what is what; wide tables can be scrolled by keyboard; the print style is for A4 across. Pure.
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
  const body =
    rows.length === 0 ? `<tr><td colspan="${headings.length}">None.</td></tr>` : rows.map(toHtmlRow).join("\n");
  return `<div class="wide" role="region" aria-labelledby="${id}" tabindex="0">
<table class="of-${headings.length}">
<caption><span id="${id}">${toHtmlText(caption)}</span></caption>
<thead><tr>${headings.map((heading) => `<th scope="col">${toHtmlText(heading)}</th>`).join("")}</tr></thead>
<tbody>
${body}
</tbody>
</table>
</div>`;
}

function toHtmlRow([first = "", ...others]: readonly Piece[]): string {
  const cells = others.map((piece) => `<td>${toHtmlPiece(piece)}</td>`).join("");
  return `<tr><th scope="row">${toHtmlPiece(first)}</th>${cells}</tr>`;
}

function toHtmlPiece(piece: Piece): string {
  if (typeof piece === "string") return toHtmlText(piece).replaceAll("Art. ", "Art.&nbsp;");
  if ("gap" in piece) return `<strong class="gap">[${toHtmlText(piece.gap)}]</strong>`;
  return piece.code.map((name) => `<code>${toHtmlText(name)}</code>`).join(", ");
}
