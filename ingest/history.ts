import type { Agent } from "../schemas/event.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { RegisteredSite } from "./collect.ts";
import { toHost, toPath, toReferrerHost } from "./minimise.ts";
import type { View } from "./statistics.ts";

const HOUR_MS = 3_600_000;

/** Why something in a history is not counted, in the words that the operator reads. */
export const SKIPPED = {
  unreadable: "could not be read",
  other_method: "not asked for with GET",
  other_status: "not answered with 200 or 304",
  no_page: "no page: files of a page, downloads, searches and other actions",
  robot: "robots",
  other_site: "of a host that is not the site's",
  outside: "outside --from and --until, or in the future",
} as const satisfies Record<string, string>;
/** One of the reasons. */
export type SkipReason = keyof typeof SKIPPED;

/** What one line or one visit of a history comes to. */
export interface HistoryItem {
  readonly views: readonly View[];
  readonly skipped: readonly SkipReason[];
}

/** What a history is read under. */
export interface HistoryRules {
  readonly site: RegisteredSite;
  /** Scheme, host and port that paths without a host are of. */
  readonly origin: string;
  readonly queryKeys: ReadonlySet<string>;
  readonly toAgent: (userAgent: string) => Agent;
  readonly toCountry: (address: string) => string;
  /** First instant that is counted, UTC. */
  readonly fromMs: number;
  /** First instant that is not counted any more, UTC; no later than now. */
  readonly untilMs: number;
}

/** One page view of the past. Whatever else its source tells of a person has been left behind. */
export interface PastView {
  readonly atMs: EpochMs;
  /** Absolute. */
  readonly url: string;
  readonly referrer: string;
  readonly country: string;
  readonly device: Agent["device"];
}

/**
 * A page view of the past as it is counted: the same cell as the collector's, or why it is none. Pure.
 *
 * @see toViews in collect.ts for the live counts
 */
export function toPastView(past: PastView, { site, queryKeys, fromMs, untilMs }: HistoryRules): View | SkipReason {
  if (!site.hosts.has(toHost(past.url))) return "other_site";
  if (past.atMs < fromMs || past.atMs >= untilMs) return "outside";
  const host = toHost(past.referrer);
  return {
    hourMs: toEpochMs(Math.floor(past.atMs / HOUR_MS) * HOUR_MS),
    site: site.id,
    path: toPath(past.url, queryKeys),
    referrer: toReferrerHost(past.referrer),
    country: past.country,
    device: past.device,
    visit: host !== "" && !site.hosts.has(host),
  };
}

/** An item of one reason. Pure. */
export function toSkipped(reason: SkipReason): HistoryItem {
  return { views: [], skipped: [reason] };
}
