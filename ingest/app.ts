import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Context, Hono } from "hono";
import type { WireBeacon } from "../schemas/beacon.ts";
import type { SealedPerson } from "../schemas/event.ts";
import type { JournalState } from "../schemas/journal.ts";
import type { CollectorKeys } from "../schemas/keyring.ts";
import { type Clock, type Log, LogUnavailable } from "../schemas/ports.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import { parseTrustedProxies, type TrustedProxies, toAddressPrefix, toClientAddress } from "./address.ts";
import { createAgentReader } from "./agent.ts";
import { type BodyHeaders, readBody, refuseBody } from "./body.ts";
import {
  type CheckedEvents,
  checkEvents,
  parseEnvelope,
  type RegisteredSite,
  type RequestFacts,
  refusePartner,
  toRegisteredSites,
  toSealedBeacon,
  toSite,
  toViews,
} from "./collect.ts";
import { createCors } from "./cors.ts";
import { parseCountry } from "./country.ts";
import { addHealthRoutes, type Check } from "./health.ts";
import { RateLimit } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { parseQueryKeys } from "./minimise.ts";
import { isRefusal, type Refusal, toProblemResponse } from "./problem.ts";
import { createStatistics } from "./statistics.ts";
import { TimeLimit, TimeLimitExceeded } from "./time-limit.ts";
import { createTokenReader } from "./token.ts";

/** Address of the wire, version 1. */
export const BEACONS_PATH = "/v1/beacons";
/** Longest wait for the log before the sender is told to come again, ms. */
const APPEND_MS_MAX = 5_000;
/** When a sender that met a log without room should come again, seconds. */
const RETRY_AFTER_S = 5;
/** Forged tokens from one address prefix whose signatures are checked in a minute; more are turned away unread. */
const FORGERIES_PER_MINUTE = 300;
/** Key of statistics records: they are of nobody, so one partition is as good as another. */
const STATISTICS_KEY = "statistics";

/** Says what an operator should hear of: a fixed sentence and typed facts, nothing that came from outside. */
export interface CollectorLogger {
  warn(sentence: string, facts?: Readonly<Record<string, number | boolean | string | undefined>>): void;
}

/** What a collector is made of. */
export interface CollectorParts {
  readonly log: Log;
  readonly clock: Clock;
  /** The keys in force now: the same object until they change. */
  keys(): CollectorKeys;
  /** What has been decided so far. */
  journal(): JournalState;
  readonly sites: readonly Site[];
  /** ISO 3166-1 alpha-2 code of an address, or empty. */
  country(address: string): string;
  readonly settings: Pick<
    Settings,
    | "trustedProxies"
    | "countryHeader"
    | "queryKeys"
    | "ratePerPerson"
    | "ratePerAddress"
    | "statisticsFlushMs"
    | "lateHoursMax"
    | "futureMinutesMax"
  >;
  /** What must be well for beacons to be taken. */
  readonly checks: readonly Check[];
  /** More lines for `/metrics`, in the same format. */
  extraMetrics?(): string | Promise<string>;
  readonly logger: CollectorLogger;
}

/**
 * The collector: beacons in, sealed records on the log, 202 once they are durable.
 *
 * The way of a request, cheapest refusal first: headers, address limit, body, site and origin, token, Partner,
 * person limit, events, log. Without a token only anonymous sums are kept.
 *
 * @throws if a setting cannot be read
 */
export function createCollector(parts: CollectorParts): Hono {
  const { log, clock, settings, logger } = parts;
  const trusted = toTrusted(settings.trustedProxies);
  const rules = { ...settings, queryKeys: parseQueryKeys(settings.queryKeys) };
  const countryHeader = settings.countryHeader.toLowerCase();
  const sites = toRegisteredSites(parts.sites);
  const cors = createCors(parts.sites);
  const tokens = createTokenReader(() => parts.keys());
  const toAgent = createAgentReader();
  const personLimit = new RateLimit(settings.ratePerPerson);
  const addressLimit = new RateLimit(settings.ratePerAddress);
  const forgeryLimit = new RateLimit(FORGERIES_PER_MINUTE);
  const appendLimit = new TimeLimit(APPEND_MS_MAX);
  const metrics = new Metrics();
  const statistics = createStatistics((value) => append(STATISTICS_KEY, value), settings.statisticsFlushMs);

  async function collect(context: Context): Promise<Response> {
    const headers = toHeaders(context);
    const answerHeaders = cors.toHeaders(headers.origin);
    const outcome = await take(context, headers);
    if (isRefusal(outcome)) {
      metrics.countRefused(outcome.refused);
      return toProblemResponse(outcome, answerHeaders);
    }
    metrics.countAccepted(outcome.events.length, outcome.rejected.length);
    return new Response(toAnswer(outcome), { status: 202, headers: answerHeaders });
  }

  async function take(context: Context, headers: IncomingHttpHeaders): Promise<CheckedEvents | Refusal> {
    const receivedMs = clock.nowMs();
    const bodyHeaders = toBodyHeaders(headers);
    const refusedBody = refuseBody(bodyHeaders);
    if (refusedBody !== undefined) return refusedBody;
    const peer = toPeer(context);
    const address = toClientAddress(peer, toSingle(headers["x-forwarded-for"]), trusted);
    const prefix = toAddressPrefix(address);
    const addressWaitS = addressLimit.take(prefix, receivedMs);
    if (addressWaitS > 0) return { refused: "rate_limited", retryAfterS: addressWaitS };

    const body = await readBody(context.req.raw, bodyHeaders);
    if (isRefusal(body)) return body;
    const envelope = parseEnvelope(body.text);
    if (isRefusal(envelope)) return envelope;
    const { beacon } = envelope;
    const site = toSite(sites, beacon.site, headers.origin);
    if (isRefusal(site)) return site;

    const facts: RequestFacts = {
      receivedMs,
      agent: toAgent(headers["user-agent"] ?? ""),
      country: toCountry(headers, peer) || parts.country(address),
      optedOut: headers["sec-gpc"] === "1" || headers.dnt === "1",
    };
    const person = beacon.token === undefined ? undefined : await toPerson(beacon.token, site, facts, prefix);
    if (person !== undefined && isRefusal(person)) return person;
    const checked = checkEvents(beacon.events);
    if (isRefusal(checked)) return checked;
    metrics.countBody(body.text.length, envelope.unknownFields + checked.unknownFields);
    return (await keep(site, beacon, person, checked, facts)) ?? checked;
  }

  /** Who a token speaks for, if it is good, its Partner is with us and the person has requests left. */
  async function toPerson(
    token: string,
    site: RegisteredSite,
    facts: RequestFacts,
    prefix: string,
  ): Promise<SealedPerson | Refusal> {
    let outcome = tokens.recall(token, site.id, facts.receivedMs);
    if (outcome === undefined) {
      const waitS = forgeryLimit.waitS(prefix, facts.receivedMs);
      if (waitS > 0) return { refused: "rate_limited", retryAfterS: waitS };
      outcome = await tokens.verify(token, site.id, facts.receivedMs);
      if (outcome === "token_invalid") forgeryLimit.take(prefix, facts.receivedMs);
    }
    if (typeof outcome === "string") return { refused: outcome };
    const person = facts.optedOut ? outcome.personOptedOut : outcome.person;
    const refusal = refusePartner(person, parts.journal(), facts.receivedMs);
    if (refusal !== undefined) return refusal;
    const waitS = personLimit.take(person.ref, facts.receivedMs);
    return waitS > 0 ? { refused: "rate_limited", retryAfterS: waitS } : person;
  }

  /** Puts the events where they belong, and answers once that is durable: a person's on the log, anyone's into the sums. */
  async function keep(
    site: RegisteredSite,
    beacon: WireBeacon,
    person: SealedPerson | undefined,
    { events }: CheckedEvents,
    facts: RequestFacts,
  ): Promise<Refusal | undefined> {
    try {
      if (person !== undefined) {
        const sealed = toSealedBeacon("beacon", site.id, person, events, beacon.sent_at, facts, rules);
        await append(person.ref, Buffer.from(JSON.stringify(sealed)));
      } else {
        const { views, uncounted } = toViews(site, events, beacon.sent_at, facts, rules);
        await statistics.count(views);
        metrics.countViews(views.length, uncounted);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof LogUnavailable || error instanceof TimeLimitExceeded)) throw error;
      logger.warn("the log cannot take events; senders are told to come again", { error: error.name });
      return { refused: "log_unavailable", retryAfterS: RETRY_AFTER_S };
    }
  }

  async function append(key: string, value: Uint8Array): Promise<void> {
    const startedMs = performance.now();
    await appendLimit.run(log.append("events", [{ key, value }]));
    metrics.observeAppend((performance.now() - startedMs) / 1_000);
  }

  function toCountry(headers: IncomingHttpHeaders, peer: string): string {
    return countryHeader !== "" && trusted(peer) ? parseCountry(toSingle(headers[countryHeader])) : "";
  }

  const app = new Hono();
  app.post(BEACONS_PATH, collect);
  app.options(BEACONS_PATH, (context) => cors.toPreflight(context.req.header("origin")));
  addHealthRoutes(app, parts.checks, async () => metrics.toText() + ((await parts.extraMetrics?.()) ?? ""));
  app.notFound((context) => {
    const methods = toMethods(app, context.req.path);
    const refusal: Refusal = { refused: methods === "" ? "not_found" : "method_not_allowed" };
    metrics.countRefused(refusal.refused);
    const headers = cors.toHeaders(context.req.header("origin"));
    return toProblemResponse(refusal, methods === "" ? headers : { ...headers, allow: methods });
  });
  app.onError((error, context) => {
    metrics.countRefused("internal");
    logger.warn("a request failed inside", { error: error.name, at: toPlace(error) });
    return toProblemResponse({ refused: "internal" }, cors.toHeaders(context.req.header("origin")));
  });
  return app;
}

/** The body of a 202. */
function toAnswer({ events, rejected }: CheckedEvents): string {
  if (rejected.length === 0) return `{"accepted":${events.length},"rejected":[]}`;
  return JSON.stringify({ accepted: events.length, rejected });
}

function toTrusted(setting: string): TrustedProxies {
  const outcome = parseTrustedProxies(setting);
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome;
}

function toBodyHeaders(headers: IncomingHttpHeaders): BodyHeaders {
  return {
    type: headers["content-type"],
    encoding: headers["content-encoding"],
    length: headers["content-length"],
    transfer: headers["transfer-encoding"],
  };
}

/** Node's request, if Node serves it. Its headers are parsed already, which spares a look-up each. */
function toIncoming(context: Context): IncomingMessage | undefined {
  const bindings = context.env as { readonly incoming?: IncomingMessage } | undefined; // @hono/node-server puts it there
  return bindings?.incoming;
}

function toHeaders(context: Context): IncomingHttpHeaders {
  return toIncoming(context)?.headers ?? context.req.header();
}

function toPeer(context: Context): string {
  return toIncoming(context)?.socket.remoteAddress ?? "";
}

function toSingle(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(",") : value;
}

/** Methods that a path is served for, as the Allow header lists them; empty if it is not served at all. */
function toMethods(app: Hono, path: string): string {
  const methods = app.routes.filter((route) => route.path === path).map((route) => route.method);
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
}

/** Where in our code an error came from: the first frame of its stack, which holds no value of any request. */
function toPlace(error: Error): string {
  const frame = error.stack?.split("\n").find((line) => /^\s+at /.test(line)) ?? "";
  return /([\w.-]+\.[cm]?[jt]s:\d+):\d+\)?$/.exec(frame)?.[1] ?? "unknown";
}
