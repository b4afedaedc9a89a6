import type { WireEvent } from "../schemas/beacon.ts";
import {
  type Agent,
  type Origin,
  SEALED_VERSION,
  type SealedBeacon,
  type SealedEvent,
  type SealedPerson,
} from "../schemas/event.ts";
import { type EpochMs, type EventId, toEpochMs } from "../schemas/ids.ts";
import { type JournalState, toPartnerStanding } from "../schemas/journal.ts";
import type { Site } from "../schemas/settings.ts";
import { maskText } from "./mask.ts";
import { LENGTHS, minimise, toAttendedEvent, toHost, toPath, toReferrerHost, toTarget } from "./minimise.ts";
import type { Refusal } from "./problem.ts";
import type { View } from "./statistics.ts";

const HOUR_MS = 3_600_000;
/** The furthest instant that a JavaScript date can hold, milliseconds. */
const TIME_MS_MAX = 8.64e15;

/** What the collector knows of a request beside its body. No address: that has become a country. */
export interface RequestFacts {
  readonly receivedMs: EpochMs;
  readonly agent: Agent;
  readonly country: string;
  /** Global Privacy Control or Do Not Track is set. */
  readonly optedOut: boolean;
}

/** Rules of this installation that an event is read under. */
export interface CollectRules {
  readonly queryKeys: ReadonlySet<string>;
  readonly lateHoursMax: number;
  readonly futureMinutesMax: number;
}

/** A registered site, ready for look-ups. */
export interface RegisteredSite {
  readonly id: string;
  readonly origins: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
}

/** An anonymous view with the id of its event, which goes no further than to the memory of repeats. */
export interface CountableView {
  readonly id: EventId;
  readonly view: View;
}

/** Anonymous views to count, and how many events lead to none, by the reason. */
export interface CollectedViews {
  readonly views: readonly CountableView[];
  readonly uncounted: Readonly<Record<UncountedReason, number>>;
}

/** Why an event without a token is acknowledged and leaves no trace. */
export type UncountedReason = "opted_out" | "robot" | "other_type" | "implausible_time" | "repeated";

/** Sites by id. */
export function toRegisteredSites(sites: readonly Site[]): ReadonlyMap<string, RegisteredSite> {
  return new Map(
    sites.map(({ id, origins }) => [
      id,
      { id, origins: new Set(origins), hosts: new Set(origins.map((origin) => new URL(origin).hostname)) },
    ]),
  );
}

/**
 * The site of a beacon, if it is registered and the page that sends may speak for it.
 *
 * @param origin as the browser names it; absent for servers, which prove themselves by the token alone
 */
export function toSite(
  sites: ReadonlyMap<string, RegisteredSite>,
  id: string,
  origin: string | undefined,
): RegisteredSite | Refusal {
  const site = sites.get(id);
  if (site === undefined) return { refused: "site_unknown" };
  if (origin !== undefined && !site.origins.has(origin)) return { refused: "origin_forbidden" };
  return site;
}

/** Refuses people of a Partner that is not on file or has left. The Partner comes from the token, never from the body. */
export function refusePartner(person: SealedPerson, journal: JournalState, nowMs: EpochMs): Refusal | undefined {
  if (person.acct !== "partner") return undefined;
  const standing = toPartnerStanding(journal, person.ptn, nowMs);
  if (standing === "active") return undefined;
  return { refused: standing === "left" ? "partner_left" : "partner_unknown" };
}

/**
 * The one log record of a signed-in person's beacon: minimised events under a sealed person.
 *
 * @param sentAtMs the sender's own clock when it sent; the difference to each event's time is what is trusted
 */
export function toSealedBeacon(
  origin: Origin,
  site: string,
  person: SealedPerson,
  events: readonly WireEvent[],
  sentAtMs: number,
  facts: RequestFacts,
  rules: CollectRules,
): SealedBeacon {
  return {
    kind: "beacon",
    v: SEALED_VERSION,
    origin,
    site,
    receivedMs: facts.receivedMs,
    person,
    agent: facts.agent,
    country: facts.country,
    events: events.map((event) =>
      toSealedEvent(event, toCorrectedMs(facts.receivedMs, sentAtMs, event.at), rules.queryKeys),
    ),
  };
}

/** One event without anything that could name a person. `at` is replaced by `atMs`. */
export function toSealedEvent(event: WireEvent, atMs: EpochMs, queryKeys: ReadonlySet<string>): SealedEvent {
  const common = { id: toKnownId(event), type: event.type, atMs, ...minimise(event, queryKeys) };
  switch (event.type) {
    case "page_view":
    case "download":
    case "play":
      return common;
    case "search":
      return { ...common, term: maskText(event.query, LENGTHS.term) };
    case "leave":
      return {
        ...common,
        engagedMs: event.engaged_ms,
        ...(event.scroll_pct === undefined ? {} : { scrollPct: event.scroll_pct }),
      };
    case "click":
      return { ...common, target: toTarget(event.target, queryKeys) };
    case "feedback":
      return {
        ...common,
        ...(event.score === undefined ? {} : { score: event.score }),
        ...(event.comment === undefined ? {} : { comment: maskText(event.comment, LENGTHS.comment) }),
        ...(event.event === undefined ? {} : { event: toAttendedEvent(event.event) }),
      };
  }
}

function toKnownId({ id }: WireEvent): EventId {
  return id.toLowerCase() as EventId; // the schema has checked it
}

/**
 * When an event happened by the server's clock: receipt - (sent - happened). Not limited here: the transform
 * judges what is too old or lies in the future. Only kept within what a date can hold.
 */
export function toCorrectedMs(receivedMs: EpochMs, sentAtMs: number, atMs: number): EpochMs {
  return toEpochMs(Math.max(-TIME_MS_MAX, Math.min(TIME_MS_MAX, receivedMs - (sentAtMs - atMs))));
}

/**
 * What events without a token are worth: page views of people who did not object, as counts of cells. Which of them
 * come again, {@link Repeats} tells.
 *
 * Nothing of a visitor goes in but hour, page, referring host, country and class of device. A visit is a view that
 * came from another host than the site's own.
 */
export function toViews(
  site: RegisteredSite,
  events: readonly WireEvent[],
  sentAtMs: number,
  facts: RequestFacts,
  rules: CollectRules,
): CollectedViews {
  const uncounted = { opted_out: 0, robot: 0, other_type: 0, implausible_time: 0, repeated: 0 };
  const views: CountableView[] = [];
  for (const event of events) {
    const atMs = Math.min(toCorrectedMs(facts.receivedMs, sentAtMs, event.at), facts.receivedMs);
    const reason = toUncounted(event, sentAtMs, facts, rules);
    if (reason !== undefined) {
      uncounted[reason] += 1;
      continue;
    }
    const host = toHost(event.referrer);
    const view: View = {
      hourMs: toEpochMs(Math.floor(atMs / HOUR_MS) * HOUR_MS),
      site: site.id,
      path: toPath(event.url, rules.queryKeys),
      referrer: toReferrerHost(event.referrer),
      country: facts.country,
      device: facts.agent.device,
      visit: host !== "" && !site.hosts.has(host),
    };
    views.push({ id: toKnownId(event), view });
  }
  return { views, uncounted };
}

function toUncounted(
  event: WireEvent,
  sentAtMs: number,
  facts: RequestFacts,
  rules: CollectRules,
): UncountedReason | undefined {
  if (facts.optedOut) return "opted_out";
  if (event.type !== "page_view") return "other_type";
  if (facts.agent.robot) return "robot";
  const ageMs = facts.receivedMs - toCorrectedMs(facts.receivedMs, sentAtMs, event.at);
  const plausible = ageMs <= rules.lateHoursMax * HOUR_MS && ageMs >= -rules.futureMinutesMax * 60_000;
  return plausible ? undefined : "implausible_time";
}
