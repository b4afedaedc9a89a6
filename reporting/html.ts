import { createHash } from "node:crypto";
import type { RecordOfEngagement } from "../schemas/record.ts";
import type { Page } from "./blocks.ts";
import { toMarkup } from "./html-blocks.ts";
import { toImage } from "./html-image.ts";
import { toStyleSheet } from "./html-style.ts";
import type { Logos } from "./logo.ts";
import { html, type Markup, NOTHING, toTrusted } from "./markup-text.ts";
import { type PageWords, toPage } from "./page.ts";
import { type Palette, ROEBUCK_PALETTE } from "./palette.ts";

/** What a page looks like; everything has a default. */
export interface HtmlAssets {
  readonly palette?: Palette;
  readonly words?: PageWords;
}

/**
 * A record as one accessible HTML page (WCAG 2.2 AA): what the PDF says, from the same blocks. It needs no script, and
 * its own policy forbids it to fetch anything.
 *
 * Pure: the same record gives the same text. Text from outside is escaped, and was made plain by the blocks.
 */
export function toHtml(record: RecordOfEngagement, assets: HtmlAssets = {}): string {
  return toHtmlOfPage(toPage(record, assets.words), assets.palette ?? ROEBUCK_PALETTE);
}

/** A list of blocks as a page. Pure. */
export function toHtmlOfPage({ title, subject, footer, blocks }: Page, palette: Palette): string {
  const style = toStyleSheet(palette);
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const head = blocks.find((block) => block.kind === "masthead");
  const { markup } = html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${subject}">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${toTrusted(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the record</a>
<header><div class="top">${toHouse(head?.logos)}${head === undefined ? NOTHING : html`<p class="edition">${head.edition}</p>`}</div></header>
<main id="content" tabindex="-1">
${toMarkup(blocks)}
</main>
<footer><p>${footer}</p></footer>
</body>
</html>
`;
  return markup;
}

/** The logo of the house, or the word that stands for it. */
function toHouse({ house }: Logos = {}): Markup {
  if (house === undefined) return html`<p class="wordmark">Roebuck</p>`;
  return toImage(house.logo, house.name, "house");
}
