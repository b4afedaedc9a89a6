import { z } from "zod";
import type { Agent } from "../schemas/event.ts";
import { toEpochMs } from "../schemas/ids.ts";
import { parseCountry } from "./country.ts";
import { type HistoryItem, type HistoryRules, type SkipReason, toPastView, toSkipped } from "./history.ts";
import type { View } from "./statistics.ts";

/** Matomo writes `false` or null for what it does not know. */
const WORD = z.string().optional().catch(undefined);
/** What is read of a visit; everything that says who it was is not even named here. */
const VISIT = z.object({
  countryCode: WORD,
  deviceType: WORD,
  referrerUrl: WORD,
  actionDetails: z.array(z.unknown()),
});
/** A page view of a visit. `timestamp`: seconds since 1970, UTC. */
const ACTION = z.object({ type: z.string(), url: WORD, timestamp: z.union([z.number(), WORD.transform(Number)]) });
const SECONDS_MAX = 8.64e12;
/** Matomo's words for kinds of devices, in lower case. */
const DEVICES: Readonly<Record<string, Agent["device"]>> = {
  desktop: "desktop",
  smartphone: "mobile",
  phablet: "mobile",
  "feature phone": "mobile",
  tablet: "tablet",
};

/**
 * One visit of Matomo's `Live.getLastVisitsDetails`, as its page views are counted.
 *
 * Only the first view has come from the visit's referrer; each other one from the page before. Matomo has left out its
 * robots; a visit carries no user agent to be looked at again.
 * Pure, never throws.
 *
 * @param text one object of the export's array, JSON
 */
export function toVisitItem(text: string, rules: HistoryRules): HistoryItem {
  const visit = VISIT.safeParse(parseJson(text));
  if (!visit.success) return toSkipped("unreadable");
  const { countryCode, deviceType, referrerUrl, actionDetails } = visit.data;
  const country = /^(?:xx|ti)$/i.test(countryCode ?? "") ? "" : parseCountry(countryCode);
  const device = DEVICES[(deviceType ?? "").toLowerCase()] ?? "other";
  const views: View[] = [];
  const skipped: SkipReason[] = [];
  let referrer = referrerUrl ?? "";
  for (const one of actionDetails) {
    const action = ACTION.safeParse(one);
    if (!action.success) skipped.push("unreadable");
    else if (action.data.type !== "action") skipped.push("no_page");
    else {
      const { url, timestamp } = action.data;
      if (url === undefined || !(Math.abs(timestamp) <= SECONDS_MAX)) {
        skipped.push("unreadable");
        continue;
      }
      const view = toPastView({ atMs: toEpochMs(timestamp * 1_000), url, referrer, country, device }, rules);
      if (typeof view === "string") skipped.push(view);
      else views.push(view);
      referrer = url;
    }
  }
  return { views, skipped };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
