/**
 * The beacon: what a site embeds. It tells the collector of page views, downloads, plays and searches, and after a
 * yes to behaviour of engaged time, scrolling and outbound clicks. It keeps nothing in the browser: no cookie, no
 * storage of any kind.
 *
 *   <script src="https://collector.example/b.js" data-site="www" defer></script>
 *
 * The token of a signed-in person is read from `<meta name="roebuck-token" content="...">` at each sending, or asked
 * of a callback; the resource that a page shows from
 * `<meta name="roebuck-resource" content='{"id":"...","type":"...","full":true}'>`. The function `roebuck` that it
 * leaves in the page is described in `roebuck.d.ts`; calls made before the script has loaded are kept if the page
 * defines `roebuck` as a function that pushes its arguments to `roebuck.q`.
 */
import { agree, isAgreed, leave, use } from "./behaviour.ts";
import { type Json, listen, meta, options, readResource, toAddress, toCollector } from "./page.ts";
import { add, askToken, flush, flushLast, setSource } from "./queue.ts";

type Call = [name: string, details?: unknown];
interface Entry {
  (...call: Call): void;
  /** Calls that were kept; 0 once the beacon is there. */
  q?: Call[] | 0;
  /** For the form for feedback. */
  ask?: unknown;
}

/** Hash of the form for feedback, for its tag and its address. Put in by the build. */
declare const FORM_INTEGRITY: string;

const FILES = /\.(pdf|(doc|xls|ppt)x?|od[tsp]|csv|zip|epub|mp[34])$/i;

let shown = "";
let from = document.referrer;

/** What is searched for at an address, by the parameter that `data-search` names. */
function toTerm(address: string): string | null {
  return new URLSearchParams(address.split("?")[1]).get(options.search as string);
}

function view(): void {
  const url = toAddress();
  if (url === shown) return;
  leave(shown);
  shown = url;
  // Of where a visitor comes from only the host counts, so no more leaves the browser.
  add("page_view", { referrer: from.split("/", 3).join("/"), resource: readResource(meta("resource")) });
  const query = toTerm(url);
  if (query && query !== toTerm(from)) add("search", { query }); // paging through results is no new search
  from = url;
  use();
}

function onClick({ target, button }: MouseEvent): void {
  const link = (target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]"); // "a[href]" matches anchors only
  // A right click opens a menu. What has no host is no place: an address of mail, a file that the page made itself.
  if (button > 1 || !link?.host) return;
  if (link.hasAttribute("download") || FILES.test(link.pathname)) {
    const described = readResource(link.dataset.roebuckResource || meta("resource"));
    const resource = described && { ...described, full: true }; // a downloaded file is the full content
    add("download", { url: link.href, title: link.text.trim(), resource });
  } else if (isAgreed && link.host !== location.host) {
    add("click", { target: link.origin + link.pathname });
  }
}

/** Loads the form for feedback, which reads `roebuck.ask`. */
async function ask(details: unknown): Promise<void> {
  if (!(await askToken())) return;
  take.ask = details;
  const integrity = FORM_INTEGRITY;
  const src = toCollector(`/f.js?${integrity}`);
  document.head.append(Object.assign(document.createElement("script"), { crossOrigin: "", integrity, src }));
}

/** One call of `roebuck`. */
function run(name: string, details: unknown): void {
  const given = details as Json | undefined; // whatever a site says: the collector checks it
  if (name === "token") setSource(details as () => unknown);
  else if (name === "ask") ask(details);
  else if (name === "consent") {
    add(name, { choices: given, wording: given?.version });
    if (given?.behaviour !== undefined) agree(given.behaviour);
  } else if (name !== "click" || isAgreed) add(name, given);
}

const page = window as unknown as { roebuck?: Entry }; // not yet what the published types promise
/** Calls made before the beacon is there, or while its page is only prepared. */
let earlier = page.roebuck?.q ?? [];
const take: Entry = (...call) => {
  if (earlier) earlier.push(call);
  else run(...call);
};

function start(): void {
  // An application of one page sets the title of what it shows, and settles on an address, a little later.
  const settle = () => setTimeout(view, 50);
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = (...given) => {
      original.apply(history, given);
      settle();
    };
  }
  listen("popstate pageshow", settle);
  listen("online", flush);
  listen("click auxclick", onClick);
  listen("visibilitychange pagehide", ({ type }: Event) => {
    const isLast = type < "v";
    if (isLast || document.hidden) {
      leave(shown, 1);
      if (isLast) {
        shown = ""; // a page that comes back as it was left is seen once more
        flushLast();
      } else flush();
    } else use();
  });
  // Who is there, and what they agreed to, comes before what they see.
  for (const call of earlier as Call[]) run(...call); // it is there: a tag starts only then
  earlier = 0;
  view();
}

// A second tag on the page would tell everything twice.
if (earlier) {
  page.roebuck = take;
  take.q = 0;
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    listen("prerenderingchange", start); // comes once
  } else start();
}
