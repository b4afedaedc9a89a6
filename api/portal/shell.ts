import { html, type Markup, NOTHING } from "../../reporting/markup-text.ts";
import type { PortalAssets } from "./assets.ts";
import type { LiveChart } from "./live-charts.ts";

/** A way to another page, or to where one is. */
export interface PortalLinkItem {
  readonly path: string;
  readonly words: string;
}

/** A page of the portal, all but its frame. */
export interface PortalPage {
  readonly title: string;
  readonly content: Markup;
  /** Where else somebody who is signed in can go; absent: nobody is. */
  readonly ways?: readonly PortalLinkItem[];
  /** The path of the page itself, among the ways. */
  readonly path?: string;
  /** Charts that answer to a pointer, where scripts run; the page reads whole without. */
  readonly charts?: readonly (LiveChart | null)[];
  readonly foot?: string;
  readonly kind?: "operator";
}

/** A page in the frame of the portal: skip link, header with the ways, main, footer. Pure. */
export function toPortalHtml(page: PortalPage, assets: PortalAssets): string {
  const { title, content, charts, foot = "Roebuck  ·  Records of Engagement", kind = "officer" } = page;
  const live = charts?.some((chart) => chart !== null) === true ? charts : undefined;
  const { markup } = html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="stylesheet" href="${assets.style.path}">
${live === undefined ? NOTHING : html`<script src="${assets.charts.path}" defer></script>`}
</head>
<body class="${kind}">
<a class="skip" href="#content">Skip to the content</a>
<header class="portal"><div class="top"><p class="wordmark">Roebuck</p>${toWays(page)}</div></header>
${live === undefined ? html`<main id="content" tabindex="-1">` : html`<main id="content" tabindex="-1" data-charts="${JSON.stringify(live)}">`}
${content}
</main>
<footer><p>${foot}</p></footer>
</body>
</html>
`;
  return markup;
}

function toWays({ ways, path }: PortalPage): Markup {
  if (ways === undefined) return NOTHING;
  const items = ways.map((way) =>
    way.path === path
      ? html`<li><a href="${way.path}" aria-current="page">${way.words}</a></li>`
      : html`<li><a href="${way.path}">${way.words}</a></li>`,
  );
  return html`<nav aria-label="Portal"><ul>
${items}
<li><form method="post" action="/sign-out"><button class="plain">Sign out</button></form></li>
</ul></nav>`;
}
