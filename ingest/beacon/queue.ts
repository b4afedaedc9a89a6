/** Events that wait, and their way to the collector: in order, one request at a time, the same ids until answered. */
import { type Json, meta, options, toAddress, toCollector } from "./page.ts";

const FLUSH_MS = 400;
/** Events in one request: few enough that the longest addresses stay under the 64 KiB that browsers give to `keepalive`. */
const BATCH_MAX = 20;
/** Events kept while the collector cannot be reached; the oldest go first. */
const QUEUE_MAX = 500;
const RETRY_MS_MAX = 60_000;
/** How old a callback's token may be before the site is asked again, so that few are refused as expired. */
const TOKEN_MS_MAX = 300_000;

const hints = navigator as Navigator & { globalPrivacyControl?: boolean };
const refused = hints.globalPrivacyControl || navigator.doNotTrack === "1";

let queue: Json[] = [];
let timer = 0;
let failures = 0;
let isSending = false;
let source: (() => unknown) | undefined;
/** The callback's last answer, and when it was asked; `undefined` until there is one. */
let answered: string | undefined;
let askedMs = 0;
/** The token that the collector refused last: what waits is not sent with it again, nor without any. */
let refusedToken = "";

/** The token to send with now, empty if nobody is signed in; `undefined` if the site has yet to tell who is there. */
function toToken(): string | undefined {
  const token = source ? answered : meta("token");
  return refusedToken && (!token || token === refusedToken) ? undefined : token;
}

/** Takes the site's callback for tokens. What was known of the person before is forgotten. */
export function setSource(callback: () => unknown): void {
  source = callback;
  answered = undefined;
}

/** As {@link toToken}, after asking the site's callback where that is due. Never rejects. */
export async function askToken(): Promise<string | undefined> {
  if (source && (toToken() === undefined || Date.now() - askedMs > TOKEN_MS_MAX)) {
    try {
      askedMs = Date.now();
      answered = ((await source()) as string) || ""; // the documented callback; anything else the collector refuses
    } catch {} // it could not tell: what waits goes on waiting
  }
  return toToken();
}

/**
 * A UUID of version 7 (RFC 9562 5.7): its first 48 bits are the time, the rest is random. Pages that can ask for
 * randomness this way come by HTTPS or from this machine, as a page with a token must.
 */
function newEventId(): string {
  const time = `0${Date.now().toString(16)}`.replace(/.{8}/, "$&-"); // 12 digits, until the year 2527
  return `${time}-7${crypto.randomUUID().slice(15)}`;
}

/** Puts an event of the page as it is now into the queue; `details` go before what is read from the page. */
export function add(type: string, details?: Json): void {
  queue.push({
    id: newEventId(),
    type,
    at: Date.now(),
    url: toAddress(),
    title: document.title.slice(0, 300),
    ...details,
  });
  queue = queue.slice(-QUEUE_MAX);
  if (!timer && !isSending) wait(FLUSH_MS);
}

function wait(ms: number): void {
  timer = setTimeout(flush, ms);
}

/** Sends what waits. While a request is on its way, or the browser is offline, it goes on waiting. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  timer = 0;
  if (isSending || !queue.length || !navigator.onLine) return;
  isSending = true;
  let batch: Json[] = [];
  try {
    const token = await askToken();
    if (token === undefined) throw 0;
    batch = queue.splice(0, BATCH_MAX);
    const status = await post(batch, token);
    refusedToken = status === 401 ? token : "";
    if (status === 401 || status > 428) throw 0; // too many requests, or an outage
    failures = 0;
  } catch {
    // The same ids go again, so that an answer that was lost on the way back does not count twice.
    queue = [...batch, ...queue];
    failures += 1;
  }
  isSending = false;
  if (queue.length && !timer) wait(failures && Math.min(1_000 * 2 ** failures, RETRY_MS_MAX));
}

/** The last chance of a page that goes away: no answer will be heard. Offline it waits, in case the page comes back. */
export function flushLast(): void {
  const token = toToken();
  while (queue.length && navigator.onLine && token !== undefined) {
    post(queue.splice(0, BATCH_MAX), token, true);
  }
}

/**
 * One request; answers its status, 0 if nothing was to be sent or heard. Of a visitor who is not signed in only views count, and not those of one who asks
 * for privacy.
 *
 * @param isLast the page goes away: by `sendBeacon` where the browser takes it
 */
async function post(batch: readonly Json[], token: string, isLast?: boolean): Promise<number> {
  const events = token ? batch : batch.filter(({ type }) => type === "page_view" && !refused);
  if (!events.length) return 0;
  const body = JSON.stringify({ v: 1, site: options.site, token: token || undefined, sent_at: Date.now(), events });
  const url = toCollector("/v1/beacons");
  if (isLast && navigator.sendBeacon(url, body)) return 0;
  return (await fetch(url, { method: "POST", body, keepalive: true, credentials: "omit" })).status;
}
