import type { Agent, Origin, SealedPerson } from "../schemas/event.ts";
import { LogUnavailable } from "../schemas/ports.ts";
import { parseAddress, parseTrustedProxies, type TrustedProxies, toAddressPrefix, toClientAddress } from "./address.ts";
import { Admission, type Arrival } from "./admission.ts";
import { createAgentReader } from "./agent.ts";
import { type RequestHeaders, readBody, refuseBody } from "./body.ts";
import { toChoiceMs, toConsentDecisions } from "./choices.ts";
import {
  type CollectedViews,
  type CollectRules,
  type RegisteredSite,
  type RequestFacts,
  toCorrectedMs,
  toRegisteredSites,
  toSealedBeacon,
  toSite,
  toViews,
} from "./collect.ts";
import { parseCountry } from "./country.ts";
import type { IncomingRequest } from "./incoming.ts";
import { RateLimit } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import { parseQueryKeys } from "./minimise.ts";
import type { CollectorParts } from "./parts.ts";
import { isRefusal, type Refusal, type RejectedEvent } from "./problem.ts";
import { Repeats } from "./repeats.ts";
import { createStatistics, type Statistics, type View } from "./statistics.ts";
import { TimeLimit, TimeLimitExceeded } from "./time-limit.ts";
import { type CheckedEvents, checkEvents, parseEnvelope } from "./wire.ts";

const HOUR_MS = 3_600_000;
/** Longest wait for the log before the sender is told to come again, ms. */
const APPEND_MS_MAX = 5_000;
/** When a sender that met a log without room should come again, seconds. */
const RETRY_AFTER_S = 5;
/** Key of statistics records: they are of nobody, so one partition is as good as another. */
const STATISTICS_KEY = "statistics";

/** By which wire events came, and the sender's own clock when it sent them. */
export interface Sent {
  readonly origin: Origin;
  readonly sentAtMs: number;
}

/** A beacon that nothing speaks against. */
interface CheckedBeacon {
  readonly site: RegisteredSite;
  readonly sent: Sent;
  readonly person: SealedPerson | undefined;
  readonly checked: CheckedEvents;
  readonly facts: RequestFacts;
}

/** What a beacon that was taken is told: how many of its events are kept, and why the others are not. */
export interface TakenBeacon {
  readonly accepted: number;
  readonly rejected: readonly RejectedEvent[];
}

/**
 * Takes beacons: each is on the log, or in its sums, when {@link take} answers, or it is refused.
 *
 * The way of a request, cheapest refusal first: headers, address limit, body, site and origin, token, Partner,
 * person limit, events, log. Without a token only anonymous sums are kept,
 * of events that are not known as repeats.
 */
export class Intake {
  readonly #parts: CollectorParts;
  readonly #metrics: Metrics;
  readonly #trusted: TrustedProxies;
  readonly #countryHeader: string;
  readonly #rules: CollectRules;
  readonly #sites: ReadonlyMap<string, RegisteredSite>;
  readonly #toAgent: (userAgent: string) => Agent;
  readonly #admission: Admission;
  readonly #addressLimit: RateLimit;
  readonly #elapsedMs: () => number;
  readonly #appendLimit: TimeLimit;
  readonly #statistics: Statistics;
  readonly #repeats = new Repeats();

  /**
   * @param elapsedMs a clock that only goes forward, ms, for measuring
   * @throws if a setting cannot be read
   */
  constructor(parts: CollectorParts, metrics: Metrics, elapsedMs: () => number) {
    const { settings } = parts;
    const trusted = parseTrustedProxies(settings.trustedProxies);
    if (typeof trusted === "string") throw new Error(trusted);
    this.#parts = parts;
    this.#metrics = metrics;
    this.#elapsedMs = elapsedMs;
    this.#appendLimit = new TimeLimit(APPEND_MS_MAX, elapsedMs);
    this.#trusted = trusted;
    this.#countryHeader = settings.countryHeader.toLowerCase();
    this.#rules = { ...settings, queryKeys: parseQueryKeys(settings.queryKeys) };
    this.#sites = toRegisteredSites(parts.sites);
    this.#toAgent = createAgentReader(() => parts.robots?.());
    this.#admission = new Admission(parts);
    this.#addressLimit = new RateLimit(settings.ratePerAddress);
    this.#statistics = createStatistics((value) => this.#append(STATISTICS_KEY, value), settings.statisticsFlushMs);
  }

  /** Takes one beacon. Rejects only for what is a bug; an outage of the log is a refusal. */
  take(incoming: IncomingRequest): Promise<TakenBeacon | Refusal> {
    return this.#check(incoming).then((checked) => (isRefusal(checked) ? checked : this.#keepBeacon(checked)));
  }

  /** All that is asked of a beacon before anything is kept of it. */
  async #check(incoming: IncomingRequest): Promise<CheckedBeacon | Refusal> {
    const { headers, request } = incoming;
    const refusedBody = refuseBody(headers);
    if (refusedBody !== undefined) return refusedBody;
    const arrival = this.arrive(incoming);
    if (isRefusal(arrival)) return arrival;

    const body = await readBody(request, headers);
    if (isRefusal(body)) return body;
    const envelope = parseEnvelope(body.text);
    if (isRefusal(envelope)) return envelope;
    const { site: siteId, token, sent_at, events } = envelope.beacon;
    const site = this.toSite(siteId, headers.origin);
    if (isRefusal(site)) return site;

    const person =
      token === undefined
        ? undefined
        : (this.#admission.recall(token, site, arrival) ?? (await this.#admission.verify(token, site, arrival)));
    if (person !== undefined && isRefusal(person)) return person;
    const checked = checkEvents(events);
    if (isRefusal(checked)) return checked;
    const bytes = Number(headers["content-length"] ?? Buffer.byteLength(body.text));
    this.#metrics.countBody(bytes, envelope.unknownFields + checked.unknownFields);
    this.#metrics.countBrokenResources(checked.brokenResources);
    return { site, sent: { origin: "beacon", sentAtMs: sent_at }, person, checked, facts: arrival.facts };
  }

  #keepBeacon({ site, sent, person, checked, facts }: CheckedBeacon): Promise<TakenBeacon | Refusal> {
    const taken = { accepted: checked.events.length + checked.consents.length, rejected: checked.rejected };
    return this.keep(site, sent, person, checked, facts).then((refusal) => refusal ?? taken);
  }

  /** What a request is known by before its body is read, if its address prefix has requests left. */
  arrive({ headers, peer }: IncomingRequest): Arrival | Refusal {
    const receivedMs = this.#parts.clock.nowMs();
    const address = toClientAddress(peer, headers["x-forwarded-for"], this.#trusted);
    const prefix = toAddressPrefix(address);
    const waitS = this.#addressLimit.take(prefix, receivedMs);
    if (waitS > 0) return { refused: "rate_limited", retryAfterS: waitS };
    const facts: RequestFacts = {
      receivedMs,
      agent: this.#toAgent(headers["user-agent"] ?? ""),
      country: this.#toHeaderCountry(headers, peer) || this.#parts.country(address),
      optedOut: headers["sec-gpc"] === "1" || headers.dnt === "1",
    };
    return { facts, prefix };
  }

  /** The site of that id, if a page of this origin may speak for it. */
  toSite(id: string, origin: string | undefined): RegisteredSite | Refusal {
    return toSite(this.#sites, id, origin);
  }

  /** Who a token speaks for, or why it does not: {@link Admission}. */
  async toPerson(token: string, site: RegisteredSite, arrival: Arrival): Promise<SealedPerson | Refusal> {
    return this.#admission.recall(token, site, arrival) ?? this.#admission.verify(token, site, arrival);
  }

  /**
   * Puts the events where they belong, and answers once that is durable: a person's on the log, anyone's into the sums.
   *
   * Only bytes wait for the log. An async function would hold the events as well, and of fifty events a body the
   * garbage collector then moves several MB at each turn: a fifth of all work.
   */
  keep(
    site: RegisteredSite,
    { origin, sentAtMs }: Sent,
    person: SealedPerson | undefined,
    { events, consents }: Pick<CheckedEvents, "events" | "consents">,
    facts: RequestFacts,
  ): Promise<Refusal | undefined> {
    if (person === undefined) {
      const { views, uncounted } = toViews(site, events, sentAtMs, facts, this.#rules);
      // Nobody has said yes or no where nobody is signed in.
      return this.#count({ views, uncounted: { ...uncounted, other_type: uncounted.other_type + consents.length } });
    }
    const value =
      events.length === 0
        ? undefined
        : Buffer.from(JSON.stringify(toSealedBeacon(origin, site.id, person, events, sentAtMs, facts, this.#rules)));
    const decided = consents.length === 0 ? undefined : this.#decide(person, sentAtMs, consents, facts);
    return this.#write(person.ref, value, decided);
  }

  async #count({ views, uncounted }: CollectedViews): Promise<Refusal | undefined> {
    let fresh = 0;
    const refusal = await this.#repeats.keepOnce(views, this.#elapsedMs(), (some) => {
      fresh = some.length;
      return this.#sum(some.map(({ view }) => view));
    });
    if (refusal === undefined) this.#metrics.countViews(fresh, { ...uncounted, repeated: views.length - fresh });
    return refusal;
  }

  #sum(views: readonly View[]): Promise<Refusal | undefined> {
    return this.#statistics.count(views).then(
      () => undefined,
      (error: unknown) => this.#toUnavailable(error),
    );
  }

  async #write(
    key: string,
    value: Uint8Array | undefined,
    decided: Promise<void> | undefined,
  ): Promise<Refusal | undefined> {
    try {
      if (decided !== undefined) await decided;
      if (value !== undefined) await this.#append(key, value);
      return undefined;
    } catch (error) {
      return this.#toUnavailable(error);
    }
  }

  #toUnavailable(error: unknown): Refusal {
    if (!(error instanceof LogUnavailable || error instanceof TimeLimitExceeded)) throw error;
    this.#parts.logger.warn("the log cannot take events; senders are told to come again", { error: error.name });
    return { refused: "log_unavailable", retryAfterS: RETRY_AFTER_S };
  }

  /** Choices go to the journal before the events that they came with go to the log, so that they hold for these. */
  async #decide(
    person: SealedPerson,
    sentAtMs: number,
    consents: CheckedEvents["consents"],
    { receivedMs }: RequestFacts,
  ): Promise<void> {
    const lateMsMax = this.#rules.lateHoursMax * HOUR_MS;
    const told = consents.map(({ choices, wording, at }) => {
      return { choices, wording, atMs: toChoiceMs(toCorrectedMs(receivedMs, sentAtMs, at), receivedMs, lateMsMax) };
    });
    const known = this.#parts.journal().people.get(person.ref);
    const { decisions, refused } = toConsentDecisions(person, "beacon", told, known);
    if (decisions.length > 0) await this.#appendLimit.run(this.#parts.decide(decisions));
    this.#metrics.countConsents(decisions.length, refused);
  }

  async #append(key: string, value: Uint8Array): Promise<void> {
    const startedMs = this.#elapsedMs();
    await this.#appendLimit.run(this.#parts.log.append("events", [{ key, value }]));
    this.#metrics.observeAppend((this.#elapsedMs() - startedMs) / 1_000);
  }

  #toHeaderCountry(headers: RequestHeaders, peer: string): string {
    if (this.#countryHeader === "" || !this.#trusted(parseAddress(peer))) return "";
    return parseCountry(headers[this.#countryHeader]);
  }
}
