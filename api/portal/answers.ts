import { html } from "../../reporting/markup-text.ts";
import type { PortalAssets } from "./assets.ts";
import { type PortalPage, toPortalHtml } from "./shell.ts";

/** Nothing from another host, no script or style within the page, in nobody's frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * Headers of every page and download: kept by no cache, never taken for another type, told to no other site.
 *
 * `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` with our own forms.
 *
 * @see OWASP ASVS 5.0, 3.4 and 14.3.2
 */
export const PAGE_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** A page as an answer. */
export function toPageAnswer(
  page: PortalPage,
  assets: PortalAssets,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(toPortalHtml(page, assets), {
    status,
    headers: { ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8", ...headers },
  });
}

/** Sends the browser on to a page of ours, with GET. */
export function toSeeOther(path: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 303, headers: { ...PAGE_HEADERS, location: path, ...headers } });
}

/** A file to be kept. The name is of our own making: letters, digits, dot, hyphen and underscore. */
export function toDownload(name: string, mediaType: string, bytes: Uint8Array): Response {
  return new Response(Buffer.from(bytes), {
    headers: {
      ...PAGE_HEADERS,
      "content-type": mediaType,
      "content-disposition": `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, "_")}"`,
    },
  });
}

const WORDS = {
  400: ["This could not be read", "Something in the form is missing or is not as it should be. Go back and try again."],
  403: [
    "This did not come from this site",
    "For your safety forms are taken only from pages of this site. Open the page again and repeat what you did.",
  ],
  404: ["There is nothing here", "The address may be mistyped, or what it names is not one of yours."],
  405: ["This address does not do that", "Go back to the page you came from."],
  413: ["This is too long", "Shorten what you wrote and try again."],
  429: ["Too many tries", "Wait a minute, then try again."],
  500: ["Something failed", "It is not your doing. Try again; if it lasts, tell those who run this site."],
  503: ["The records cannot be read now", "It is not your doing. Try again in a few minutes."],
} as const;

/** A page that says why there is no other. Says nothing of the inside. */
export function toRefusalPage(status: keyof typeof WORDS, assets: PortalAssets, more?: Partial<PortalPage>): Response {
  const [title, prose] = WORDS[status];
  const content = html`<h1>${title}</h1>
<p>${prose}</p>
<p><a href="/">Go to the first page</a></p>`;
  const wait: Record<string, string> = status === 429 || status === 503 ? { "retry-after": "60" } : {};
  return toPageAnswer({ title, content, ...more }, assets, status, wait);
}
