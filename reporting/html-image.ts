import type { Logo } from "./logo.ts";
import { html, type Markup } from "./markup-text.ts";

/** An image within the page itself: nothing is fetched. `alt` is read out for it. */
export function toImage({ kind, bytes, widthPx, heightPx }: Logo, alt: string, name: string): Markup {
  const data = Buffer.from(bytes).toString("base64");
  return html`<img class="${name}" alt="${alt}" width="${Math.ceil(widthPx)}" height="${Math.ceil(heightPx)}" src="data:image/${kind};base64,${data}">`;
}
