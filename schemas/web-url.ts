/**
 * The host of an address that needs no URL parser: small letters and digits in labels that begin with a letter, the last
 * of letters alone. A parser finds nothing in it to decode, fold or refuse, and nothing after a host can make an
 * address invalid.
 *
 * @see URL Standard, host parsing and URL parsing
 */
const PLAIN_START = /^https?:\/\/((?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.)+[a-z]{2,})(?::\d{1,4})?(?=[/?#]|$)/;

/** A whole address of such a host, up to its query, with a path that a parser would leave as it stands: no escape, no dot segment. */
const PLAIN_PAGE =
  /^https?:\/\/(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.)+[a-z]{2,}(?::\d{1,4})?(\/(?:(?!\.)[\w.~,=+-]*\/)*(?!\.)[\w.~,=+-]*)$/;

/** Whether a text is an absolute URL of any kind. Agrees with `URL.canParse`, and is quicker for what pages send. */
export function isUrl(text: string): boolean {
  return PLAIN_START.test(text) || URL.canParse(text);
}

/** Host, without port, of a web address as a URL parser tells it; `undefined` for what is no web address. */
export function toWebHost(url: string): string | undefined {
  return PLAIN_START.exec(url)?.[1] ?? toWebUrl(url)?.hostname;
}

/** Path of a web address as a URL parser tells it; `undefined` for what is no web address. */
export function toWebPath(url: string): string | undefined {
  return PLAIN_PAGE.exec(url)?.[1] ?? toWebUrl(url)?.pathname;
}

function toWebUrl(url: string): URL | undefined {
  const parsed = URL.parse(url);
  return parsed?.protocol === "https:" || parsed?.protocol === "http:" ? parsed : undefined;
}
