/**
 * The beacon: what a site embeds. It tells the collector of page views, downloads, plays and searches, and
 * keeps nothing in the browser: no cookie, no storage of any kind.
 *
 *   <script src="https://collector.example/b.js" data-site="www" defer></script>
 *
 * The token of a signed-in person is read from `<meta name="roebuck-token" content="...">` at each sending, the
 * resource that a page shows from `<meta name="roebuck-resource" content='{"id":"...","type":"...","full":true}'>`.
 * `roebuck("page_view" | "download" | "play" | "search", {...})` sends an event by hand,
 * `roebuck("consent", {behaviour: true, version: "2026-03"})` tells a person's yes or no to the wording of that
 * version; calls made before the script has loaded are kept if the page defines `roebuck` as a function that pushes
 * its arguments to `roebuck.q`.
 */
type Json = Record<string, unknown>;
type Call = [name: string, details?: Json];
interface Entry {
  (...call: Call): void;
  q?: Call[];
}

const FLUSH_MS = 400;
const EVENTS_MAX = 50;
const RETRY_MS = [2_000, 8_000, 30_000, 60_000];
const FILES = /\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|csv|zip|epub|mp3|mp4)$/i;

const page = window as Window & { roebuck?: Entry };
const script = document.currentScript as HTMLScriptElement; // a classic script, so it is set while this line runs
const site = script.dataset.site ?? "";
const collector = new URL("/v1/beacons", script.src).href;
const navigatorHints = navigator as Navigator & { globalPrivacyControl?: boolean };
const refused = navigatorHints.globalPrivacyControl === true || navigator.doNotTrack === "1";

let queue: Json[] = [];
let timer = 0;
let failures = 0;
let shown = "";
let from = document.referrer;

const meta = (name: string): string | null | undefined =>
  document.querySelector(`meta[name="roebuck-${name}"]`)?.getAttribute("content");

/** A UUID of version 7 (RFC 9562 5.7): its first 48 bits are the time, the rest is random. */
function newEventId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  for (let index = 0; index < 6; index += 1) bytes[index] = Math.floor(now / 256 ** (5 - index)) & 255;
  bytes[6] = ((bytes[6] ?? 0) & 15) | 112;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function readResource(): unknown {
  try {
    return JSON.parse(meta("resource") ?? "null") ?? undefined;
  } catch {
    return undefined; // a page with a broken description is still a page
  }
}

function add(type: string, details: Json = {}): void {
  if (refused && !meta("token")) return;
  queue.push({ id: newEventId(), type, at: Date.now(), url: location.href, title: document.title, ...details });
  if (queue.length >= EVENTS_MAX) flush(false);
  else if (!timer) timer = window.setTimeout(() => flush(false), FLUSH_MS);
}

/** A person's yes or no goes by itself, at once: what comes after it may depend on it. */
function tellConsent({ version, behaviour, feedback }: Json): void {
  flush(false);
  add("consent", { choices: { behaviour, feedback }, wording: version, url: undefined, title: undefined });
  flush(false);
}

function flush(leaving: boolean): void {
  clearTimeout(timer);
  timer = 0;
  const events = queue.splice(0, EVENTS_MAX);
  if (events.length === 0) return;
  const body = JSON.stringify({ v: 1, site, token: meta("token") || undefined, sent_at: Date.now(), events });
  if (leaving && navigator.sendBeacon?.(collector, body)) return;
  fetch(collector, { method: "POST", body, keepalive: true, credentials: "omit" })
    .then((answer) => {
      if (answer.status === 429 || answer.status >= 500 || answer.status === 401) throw answer.status;
      failures = 0;
      if (queue.length > 0) flush(false);
    })
    .catch(() => {
      // The same ids go again, so that an answer that was lost on the way back does not count twice.
      queue = events.concat(queue);
      if (failures < RETRY_MS.length && !timer) timer = window.setTimeout(() => flush(false), RETRY_MS[failures]);
      failures += 1;
    });
}

function view(): void {
  const address = location.href.split("#")[0] ?? "";
  if (address === shown) return;
  add("page_view", { referrer: from || undefined, resource: readResource() });
  from = location.href;
  shown = address;
}

function onClick(event: Event): void {
  const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null | undefined; // "a[href]" matches anchors only
  if (!link || (!link.hasAttribute("download") && !FILES.test(link.pathname))) return;
  const described = link.dataset.roebuckResource;
  let resource = readResource();
  if (described) {
    try {
      resource = JSON.parse(described);
    } catch {
      resource = undefined; // as for a page
    }
  }
  if (resource) resource = { ...(resource as Json), full: true }; // a downloaded file is the full content
  add("download", { url: link.href, title: link.textContent?.trim().slice(0, 300), resource });
}

function start(): void {
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function replaced(this: History, ...given: Parameters<History["pushState"]>) {
      original.apply(this, given);
      setTimeout(view);
    };
  }
  addEventListener("popstate", () => setTimeout(view));
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      shown = "";
      view();
    }
  });
  document.addEventListener("click", onClick, true);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush(true));
  addEventListener("pagehide", () => flush(true));
  view();
}

const earlier = page.roebuck?.q ?? [];
const take = (name: string, details: Json = {}) => (name === "consent" ? tellConsent(details) : add(name, details));
page.roebuck = take;
if ((document as Document & { prerendering?: boolean }).prerendering) {
  document.addEventListener("prerenderingchange", start, { once: true });
} else {
  start();
}
for (const call of earlier) take(...call);
