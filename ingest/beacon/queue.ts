/** Events that wait, and their way to the collector: in order, one request at a time, the same ids until answered. */
import { type Json, meta, options, toAddress, toCollector } from "./page.ts";

// Numbers that are used once stand where they are used: a name for each would cost bytes of every page.

/** Whether the browser asks for privacy. */
const refused =
  (navigator as Navigator & { globalPrivacyControl?: boolean }).globalPrivacyControl || navigator.doNotTrack === "1";

/** An event that waits, with the token that it must go with; `undefined`: of whoever is there then. */
type Waiting = [text: string, token?: string | undefined];

let queue: Waiting[] = [];
/** Of the next sending; below zero while a request is on its way. */
let timer = 0;
let failures = 0;
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

/** Takes the site's callback for tokens. What waits is of who was there before; of them nothing else is remembered. */
export function setSource(callback: () => unknown): void {
  const token = toToken();
  for (const waiting of queue) waiting[1] ||= token;
  source = callback;
  answered = undefined;
}

/**
 * As {@link toToken}, after asking the site's callback where that is due: after five minutes, so that few are refused
 * as expired. Never rejects.
 */
export async function askToken(): Promise<string | undefined> {
  if (source && (toToken() === undefined || Date.now() - askedMs > 300_000)) {
    try {
      askedMs = Date.now();
      const asked = source;
      const told = await asked();
      if (asked === source) answered = (told as string) || ""; // the documented callback; anything else the collector refuses
    } catch {} // it could not tell: what waits goes on waiting
  }
  return toToken();
}

/**
 * Puts an event of the page as it is now into the queue; `details` go before what is read from the page. What no
 * request could hold, or is no JSON, is let go.
 *
 * Its id is a UUID of version 7 (RFC 9562 5.7): its first 48 bits are the time, the rest is random. Pages that can ask
 * for randomness this way come by HTTPS or from this machine, as a page with a token must.
 */
export function add(type: string, details?: Json): void {
  const at = Date.now();
  const id = `${(at + 2 ** 48).toString(16).replace(/1(.{8})/, "$1-")}-7${crypto.randomUUID().slice(15)}`;
  try {
    const text = JSON.stringify({ id, type, at, url: toAddress(), title: document.title, ...details });
    // UTF-16 units: at three bytes each a request stays under the 64 KiB that browsers give to `keepalive`.
    if (text.length < 15_000) queue.push([text]);
  } catch {}
  queue = queue.slice(-500); // the oldest go first while the collector cannot be reached
  if (!timer) timer = setTimeout(flush, 400);
}

/** Takes events that go together, of one person, out of the queue: of the shortest there are 50 at most. */
function take(): Waiting[] {
  let size = 0;
  let count = 0;
  for (const [text, token] of queue) {
    if (size > 5_000 || token !== queue[0]?.[1]) break;
    size += text.length;
    count += 1;
  }
  return queue.splice(0, count);
}

/** Sends what waits, unless a request is on its way. */
export async function flush(): Promise<void> {
  if (timer < 0 || !queue[0]) return;
  timer = -1;
  let batch: Waiting[] = [];
  let status = 503; // until there is an answer
  try {
    const token = await askToken();
    if (token !== undefined) {
      batch = take();
      status = await post(batch, token);
      // With a token of their own they cannot go any other way.
      refusedToken = status === 401 && !batch[0]?.[1] ? token : "";
    }
  } catch {}
  failures += 1;
  // The same ids go again, so that an answer that was lost on the way back does not count twice.
  if (status > 428 || refusedToken)
    queue = batch.concat(queue); // too many requests, or an outage
  else failures = 0;
  timer = 0;
  if (queue[0]) timer = setTimeout(flush, failures * 2_000);
}

/** The last chance of a page that goes away: no answer will be heard. Offline it waits, in case the page comes back. */
export function flushLast(): void {
  const token = toToken();
  while (queue[0] && navigator.onLine && token !== undefined) post(take(), token, true);
}

/**
 * One request; answers its status, 0 if nothing was to be sent or heard. Of a visitor who is not signed in only views
 * count, and not those of one who asks for privacy.
 *
 * @param isLast the page goes away: by `sendBeacon` where the browser takes it
 */
async function post(batch: readonly Waiting[], current: string, isLast?: boolean): Promise<number> {
  const token = batch[0]?.[1] || current;
  const events = batch
    .map(([text]) => JSON.parse(text))
    .filter(({ type }) => token || (type === "page_view" && !refused));
  if (!events[0]) return 0;
  const body = JSON.stringify({ v: 1, site: options.site, token: token || undefined, sent_at: Date.now(), events });
  const url = toCollector("/v1/beacons");
  if (isLast && navigator.sendBeacon(url, body)) return 0;
  return (await fetch(url, { method: "POST", body, keepalive: true })).status;
}
