/** Engaged time, scroll depth and outbound clicks. Nothing here listens or counts before a yes to behaviour in this page. */
import { listen } from "./page.ts";
import { add } from "./queue.ts";

/** Whether there was a yes, and no no since. */
export let isAgreed = false;
/** Engaged time not told yet, ms; measured up to `mark`, and in use until `until` (both ms since the page began). */
let engaged = 0;
let mark = 0;
let until = 0;
/** How far down the page was seen, per cent of its height. */
let scrolled = 0;

/**
 * Adds up the time since the last measuring in which the page was in use.
 *
 * @param shows whether the page still, or already, shows what is measured: its height makes the browser lay the page
 *   out, so it is not asked for while a page is built
 */
function measure(shows?: unknown): void {
  const now = performance.now();
  engaged += Math.max(0, Math.min(now, until) - mark);
  mark = now;
  if (!shows) return;
  const seen = ((scrollY + innerHeight) * 100) / document.documentElement.scrollHeight;
  scrolled = Math.max(scrolled, Math.min(seen, 100));
}

/** The person does something with the page: that it did is all that is looked at, never what. */
export function use(input?: Event): void {
  if (!isAgreed || document.hidden) return;
  measure(input);
  until = mark + 30_000; // so long after the last input a page still counts as in use
}

/**
 * Tells the engaged time of the page that is left, if there is any. Parts of one view add up.
 *
 * @param shows as of `measure`: not where an application of one page shows what follows already
 */
export function leave(url: string, shows?: unknown): void {
  if (!isAgreed) return;
  measure(shows);
  if (url && engaged >= 1) {
    // Its title may be of what follows by now; none is kept with behaviour.
    add("leave", { url, engaged_ms: engaged | 0, scroll_pct: scrolled | 0 });
  }
  engaged = until = scrolled = 0;
}

/** Takes a yes or no to behaviour. Time before a yes does not count; what was measured before a no is forgotten. */
export function agree(choice: unknown): void {
  if (isAgreed === choice) return;
  isAgreed = choice === true;
  engaged = until = scrolled = 0;
  use();
  // The same listener twice is there once. None of these inputs waits for its listeners.
  listen("pointerdown pointermove keydown scroll", use);
}
