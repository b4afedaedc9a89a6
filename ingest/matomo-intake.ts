import type { WireEvent } from "../schemas/beacon.ts";
import type { SealedPerson } from "../schemas/event.ts";
import type { EventId } from "../schemas/ids.ts";
import type { Arrival } from "./admission.ts";
import { readBody, refuseBody } from "./body.ts";
import type { RegisteredSite } from "./collect.ts";
import { toDerivedId } from "./derived-id.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { Intake } from "./intake.ts";
import {
  isToTrack,
  type MatomoIgnored,
  type MatomoParameters,
  TOKEN_PARAMETER,
  toHitText,
  toMatomoHit,
  toPaged,
} from "./matomo-hit.ts";
import { MATOMO_BYTES_MAX, type MatomoRequest, parseMatomoRequest } from "./matomo-request.ts";
import type { Metrics } from "./metrics.ts";
import { isRefusal, type Refusal } from "./problem.ts";
import { Repeats } from "./repeats.ts";

/** Hits remembered so that one that comes again by another way is not taken again; a few MB. */
const RECENT_MAX = 16_384;
const ANY_TYPE = /(?:)/;

/** What became of a request of Matomo's wire. */
export interface MatomoOutcome {
  readonly request: Pick<MatomoRequest, "isBulk" | "wantsAnswer">;
  readonly tracked: number;
  readonly invalid: number;
}

/** A hit of somebody, ready to be kept. */
interface ReadyHit {
  readonly site: RegisteredSite;
  readonly person: SealedPerson | undefined;
  readonly event: WireEvent;
}

/**
 * Takes hits of Matomo's tracker as if they were beacons: the same sites, tokens, limits, rules and log.
 *
 * The tracker tries again by another way after a slow or bad answer. A hit's event id follows from what it says, so
 * that it counts once; hits of the last while are remembered, so that most repeats do not even reach the log.
 */
export class MatomoIntake {
  readonly #intake: Intake;
  readonly #metrics: Metrics;
  readonly #sites: ReadonlyMap<string, string>;
  readonly #sealKey: () => Uint8Array;
  readonly #repeats = new Repeats(RECENT_MAX);
  readonly #elapsedMs: () => number;

  /**
   * @param sites our site ids by what `idsite` may be
   * @param elapsedMs a clock that only goes forward, ms
   */
  constructor(
    intake: Intake,
    metrics: Metrics,
    sites: ReadonlyMap<string, string>,
    sealKey: () => Uint8Array,
    elapsedMs: () => number,
  ) {
    this.#intake = intake;
    this.#metrics = metrics;
    this.#sites = sites;
    this.#sealKey = sealKey;
    this.#elapsedMs = elapsedMs;
  }

  /**
   * Takes one request.
   *
   * @param query of its address, without the mark
   */
  async take(incoming: IncomingRequest, query: string): Promise<MatomoOutcome | Refusal> {
    const { headers, request } = incoming;
    const refusedBody = refuseBody(headers, MATOMO_BYTES_MAX, ANY_TYPE);
    if (refusedBody !== undefined) return refusedBody;
    const arrival = this.#intake.arrive(incoming);
    if (isRefusal(arrival)) return arrival;
    const body = request.method === "POST" ? await readBody(request, headers, MATOMO_BYTES_MAX) : { text: "" };
    if (isRefusal(body)) return body;
    const read = parseMatomoRequest(query, body.text);
    if (isRefusal(read)) return read;
    if (!read.hits.some((hit) => hit !== undefined && isToTrack(hit)))
      return { refused: "event_invalid", detail: "There is nothing to track: idsite and rec=1 must be given." };

    this.#metrics.countBody(Buffer.byteLength(body.text), 0);
    const origin = headers.origin ?? toOrigin(headers.referer);
    const hits = read.hits.map((hit) => hit && toPaged(hit, headers.referer));
    const outcomes = await Promise.all(hits.map((hit) => this.#takeHit(hit, origin, arrival)));
    const refusals = outcomes.filter((outcome) => outcome !== undefined);
    const whole = read.isBulk ? refusals.find(({ refused }) => WHOLE.has(refused)) : refusals[0];
    if (whole !== undefined) return whole;
    for (const { refused } of refusals) this.#metrics.countRefused(refused);
    return { request: read, tracked: outcomes.length - refusals.length, invalid: refusals.length };
  }

  async #takeHit(
    hit: MatomoParameters | undefined,
    origin: string | undefined,
    arrival: Arrival,
  ): Promise<Refusal | undefined> {
    if (hit === undefined || !isToTrack(hit)) return { refused: "event_invalid" };
    const ready = await this.#toReady(hit, origin, arrival);
    if ("ignored" in ready) {
      this.#metrics.countMatomoIgnored(ready.ignored);
      return undefined;
    }
    if (isRefusal(ready)) return ready;
    return this.#repeats.keepOnce([ready.event], this.#elapsedMs(), () => this.#keep(ready, arrival));
  }

  async #toReady(
    hit: MatomoParameters,
    origin: string | undefined,
    arrival: Arrival,
  ): Promise<ReadyHit | { readonly ignored: MatomoIgnored } | Refusal> {
    const site = this.#intake.toSite(this.#sites.get(hit.get("idsite") ?? "") ?? "", origin);
    if (isRefusal(site)) return site;
    const token = hit.get(TOKEN_PARAMETER) ?? "";
    const person = token === "" ? undefined : await this.#intake.toPerson(token, site, arrival);
    if (person !== undefined && isRefusal(person)) return person;
    const { receivedMs } = arrival.facts;
    const outcome = toMatomoHit(hit, this.#toId(hit, site, person, arrival), receivedMs);
    return "event" in outcome ? { site, person, event: outcome.event } : outcome;
  }

  #toId(hit: MatomoParameters, site: RegisteredSite, person: SealedPerson | undefined, { facts }: Arrival): EventId {
    const text = ["matomo", site.id, person?.ref ?? "", toHitText(hit, facts.receivedMs)].join("\n");
    return toDerivedId(this.#sealKey(), text);
  }

  async #keep({ site, person, event }: ReadyHit, { facts }: Arrival): Promise<Refusal | undefined> {
    const sent = { origin: "matomo", sentAtMs: facts.receivedMs } as const;
    const refusal = await this.#intake.keep(site, sent, person, { events: [event], consents: [] }, facts);
    if (refusal === undefined) this.#metrics.countAccepted(1, 0);
    return refusal;
  }
}

/** Refusals of one hit that hold for its whole bulk: the sender must come again with all of it. */
const WHOLE: ReadonlySet<string> = new Set(["log_unavailable", "rate_limited"]);

/** The origin that a picture's request comes from: browsers name none there, only the page or its origin. */
function toOrigin(referer: string | undefined): string | undefined {
  return referer === undefined || referer === "" ? undefined : URL.parse(referer)?.origin;
}
