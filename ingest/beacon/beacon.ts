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
import { type Json, meta, options, readResource, toAddress, toCollector } from "./page.ts";
import { add, askToken, flush, flushLast, setSource } from "./queue.ts";

type Call = [name: string, details?: unknown];
interface Entry {
  (...call: Call): void;
  q?: Call[];
  /** For the form for feedback. */
  ask?: unknown;
}

/** Hash of the form for feedback, for its tag and its address. Put in by the build. */
declare const FORM_INTEGRITY: string;

/** Time in which an application of one page sets the title of what it shows, and settles on an address. */
const SETTLE_MS = 50;
const FILES = /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|zip|epub|mp[34])$/i;

const page = window as unknown as { roebuck?: Entry }; // not yet what the published types promise
let shown = "";
let from = document.referrer;

/** What is searched for at an address, by the parameter that `data-search` names. */
function toTerm(address: string): string | null {
  return new URLSearchParams(address.split("?")[1]).get(options.search ?? "");
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

function onClick({ target }: Event): void {
  const link = (target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]"); // "a[href]" matches anchors only
  if (!link) return;
  if (link.hasAttribute("download") || FILES.test(link.pathname)) {
    const described = readResource(link.dataset.roebuckResource || meta("resource"));
    const resource = described && { ...described, full: true }; // a downloaded file is the full content
    add("download", { url: link.href, title: link.text.trim().slice(0, 300), resource });
  } else if (isAgreed && link.host && link.host !== location.host) {
    add("click", { target: (link.origin + link.pathname).slice(0, 500) });
  }
}

/** Loads the form for feedback, which reads `roebuck.ask`. */
function ask(details: unknown): void {
  askToken().then((token) => {
    if (!token) return;
    take.ask = details;
    const script = document.createElement("script");
    script.crossOrigin = "";
    script.integrity = FORM_INTEGRITY;
    script.src = toCollector(`/f.js?${FORM_INTEGRITY}`);
    document.head.append(script);
  });
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

/** Calls made before the beacon is there, or while its page is only prepared. */
const earlier = page.roebuck?.q ?? [];
let isStarted = false;
const take: Entry = (...call) => {
  if (isStarted) run(...(call as [string, unknown]));
  else earlier.push(call);
};
page.roebuck = take;

function start(): void {
  const settle = () => setTimeout(view, SETTLE_MS);
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = (...given) => {
      original.apply(history, given);
      settle();
    };
  }
  addEventListener("popstate", settle);
  addEventListener("online", flush);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      shown = "";
      view();
    }
  });
  document.addEventListener("click", onClick, true);
  document.addEventListener("auxclick", onClick, true);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      leave(shown, 1);
      flush();
    } else use();
  });
  addEventListener("pagehide", () => {
    leave(shown, 1);
    flushLast();
  });
  isStarted = true;
  // Who is there, and what they agreed to, comes before what they see.
  view();
  for (const call of earlier) take(...call);
}

if ((document as Document & { prerendering?: boolean }).prerendering) {
  document.addEventListener("prerenderingchange", start); // comes once
} else start();
