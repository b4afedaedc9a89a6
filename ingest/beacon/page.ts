/** What the beacon's modules know of the page and of its own tag. */

/** Anything that goes onto the wire. */
export type Json = Record<string, unknown>;

/** The tag that loaded the beacon: a classic script, so it is set while this line runs. */
const script = document.currentScript as HTMLScriptElement;
/** The `data-` options of the tag. */
export const options = script.dataset;
/** An address of the collector: where the script came from, unless `data-collector` says otherwise. */
export const toCollector = (path: string): string => new URL(path, options.collector || script.src).href;

/** The page's `<meta name="roebuck-...">`, empty if there is none. */
export const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="roebuck-${name}"]`)?.content ?? "";

/** The page's address as it may leave the browser: without its fragment. */
export const toAddress = (): string => location.href.replace(/#.*/, "").slice(0, 2_000);

/** Reads a description of a resource. A page without one, or with a broken one, is still a page. */
export function readResource(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
