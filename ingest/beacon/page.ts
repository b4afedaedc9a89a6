/** What the beacon's modules know of the page and of its own tag. */

/** Anything that goes onto the wire. */
export type Json = Record<string, unknown>;

/** The tag that loaded the beacon: a classic script, so it is set while this line runs. */
const script = document.currentScript as HTMLScriptElement;
/** The `data-` options of the tag. */
export const options = script.dataset;
/** An address of the collector: where the script came from, unless `data-collector` says otherwise. */
export const toCollector = (path: string): URL => new URL(path, options.collector || script.src);

/** Listens on the window, before anything in the page can stop an event. The same listener twice is there once. */
export const listen = <Kind extends Event>(types: string, listener: (event: Kind) => void): void => {
  for (const type of types.split(" ")) addEventListener(type, listener as (event: Event) => void, true);
};

/** The page's `<meta name="roebuck-...">`, empty if there is none. */
export const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name=roebuck-${name}]`)?.content ?? "";

/** The page's address as it may leave the browser: without its fragment. */
export const toAddress = (): string => location.href.split("#")[0] as string;

/** Reads a description of a resource. A page without one, or with a broken one, is still a page. */
export function readResource(text: string): Json | undefined {
  let resource: Json | undefined;
  try {
    resource = JSON.parse(text);
  } catch {}
  return resource;
}
