import { WIRE_EVENT, type WireEvent } from "../schemas/beacon.ts";
import type { EpochMs, EventId } from "../schemas/ids.ts";
import { toWebHost } from "../schemas/web-url.ts";
import type { Refusal } from "./problem.ts";
import { toDetail } from "./wire.ts";

/** Parameters of one Matomo hit by their names; of a repeated one the last counts, as in PHP. */
export type MatomoParameters = ReadonlyMap<string, string>;

/** Kinds of hits that lead to nothing here. */
export type MatomoIgnored = "content" | "goal" | "other";

/** What a hit means on our own wire, or why it means nothing. */
export type MatomoHit =
  | { readonly event: WireEvent }
  | { readonly ignored: MatomoIgnored }
  | Pick<Refusal, "refused" | "detail">;

/** Parameter that the site adds to Matomo's tracker with `appendToTrackingUrl`: the token of whoever is signed in. */
export const TOKEN_PARAMETER = "rb_token";

/**
 * What one heartbeat (`ping=1`) stands for, ms. A ping tells no time of its own: the tracker sends one after the page
 * was in use for its heartbeat delay, by default 15 s, without any other request.
 *
 * @see Matomo js/piwik.js, enableHeartBeatTimer
 */
export const PING_MS = 15_000;

/** Without `token_auth`, which is not known here, a time of its own may be this old, ms. @see Matomo core/Tracker/Request.php */
const OWN_TIME_MS_MAX = 86_400_000;
/** Parameters that differ between two sendings of one action: what is wanted back, who says it, and when it was sent. */
const CHANGING = new Set(["send_image", TOKEN_PARAMETER, "token_auth", "cdo", "queuedtracking"]);

/**
 * What a Matomo hit means on our own wire.
 *
 * An action of a kind that is not known (`ca=1`) is never a page view. `uid`, `_id` and `consent` are not looked at:
 * who somebody is and what they agreed to, the token and the journal say.
 * Pure, never throws.
 *
 * @param id of the event; see {@link toHitText}
 */
export function toMatomoHit(hit: MatomoParameters, id: EventId, receivedMs: EpochMs): MatomoHit {
  const fields = toFields(hit);
  if (typeof fields === "string") return { ignored: fields };
  const title = hit.get("action_name");
  const referrer = hit.get("urlref") ?? "";
  const outcome = WIRE_EVENT.safeParse({
    url: hit.get("url") ?? "",
    ...(title === undefined || title === "" ? {} : { title }),
    ...(referrer === "" ? {} : { referrer }),
    ...fields,
    id,
    at: toHitMs(hit, receivedMs),
  });
  if (outcome.success) return { event: outcome.data };
  return { refused: "event_invalid", detail: toDetail(outcome.error.issues) };
}

/**
 * The hit of a page without scripts: its picture names no page, so the page is the one that the browser says asked for it.
 *
 * @param referer header of the request
 * @see Matomo core/Tracker/Request.php, "Simple Image Tracker"
 */
export function toPaged(hit: MatomoParameters, referer: string | undefined): MatomoParameters {
  const isNamed = (hit.get("url") ?? "") !== "" || (hit.get("urlref") ?? "") !== "";
  return isNamed || referer === undefined || toWebHost(referer) === undefined ? hit : new Map(hit).set("url", referer);
}

/** Whether a hit asks to be tracked at all. @see Matomo tracking API, `rec` */
export function isToTrack(hit: MatomoParameters): boolean {
  return hit.get("rec") === "1" && (hit.get("idsite") ?? "") !== "";
}

/**
 * What makes a hit the same action as another: all that it says but for what changes between sendings.
 *
 * The tracker sends an action again, by another way, when an answer is slow or bad; its random number (`r`) and the
 * id of its page view (`pv_id`) stay. A hit that has neither cannot be told from another one, so it is its own.
 *
 * @param receivedMs makes a hit its own that has neither
 */
export function toHitText(hit: MatomoParameters, receivedMs: EpochMs): string {
  const isTold = (hit.get("r") ?? "") !== "" || (hit.get("pv_id") ?? "") !== "";
  const said = [...hit].filter(([name]) => !CHANGING.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([isTold ? 0 : receivedMs, said]);
}

/** The type of a hit and what only that type has, or why it leads to nothing. */
function toFields(hit: MatomoParameters): Readonly<Record<string, unknown>> | MatomoIgnored {
  const has = (name: string) => (hit.get(name) ?? "") !== "";
  const words = (...names: string[]) =>
    names
      .map((name) => hit.get(name) ?? "")
      .filter(Boolean)
      .join(" / ");
  if (hit.get("ping") === "1") return { type: "leave", engaged_ms: PING_MS };
  if (has("download")) return { type: "download", url: hit.get("download") ?? "" };
  if (has("link")) return { type: "click", target: words("link") };
  if (hit.has("search")) return { type: "search", query: words("search") };
  if (has("e_c") && has("e_a")) return { type: "click", target: words("e_c", "e_a", "e_n") };
  if (has("c_n")) return "content";
  if (has("idgoal")) return "goal";
  return hit.get("ca") === "1" ? "other" : { type: "page_view" };
}

/** When it happened: the time that the hit names itself (UTC) if that is no older than a day and not to come, otherwise its receipt. */
function toHitMs(hit: MatomoParameters, receivedMs: EpochMs): number {
  const told = hit.get("cdt") ?? "";
  const atMs = /^\d{9,10}$/.test(told) ? Number(told) * 1_000 : toUtcMs(told);
  return atMs <= receivedMs && receivedMs - atMs <= OWN_TIME_MS_MAX ? atMs : receivedMs;
}

function toUtcMs(text: string): number {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/.exec(text);
  return found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2]}Z`);
}
