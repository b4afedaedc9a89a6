import { Hono } from "hono";
import { addAttendanceRoute } from "./attendance-route.ts";
import { addConsentsRoute } from "./consents-route.ts";
import { createCors } from "./cors.ts";
import { addHealthRoutes } from "./health.ts";
import { toAllowed, toIncoming, toPlace } from "./incoming.ts";
import { Intake, type TakenBeacon } from "./intake.ts";
import { MatomoIntake } from "./matomo-intake.ts";
import { addMatomoRoutes } from "./matomo-route.ts";
import { parseMatomoSites } from "./matomo-sites.ts";
import { Metrics } from "./metrics.ts";
import type { CollectorParts } from "./parts.ts";
import { isRefusal, type Refusal, toProblemResponse } from "./problem.ts";

/** Address of the wire, version 1. */
export const BEACONS_PATH = "/v1/beacons";

/**
 * The collector: beacons in, sealed records on the log, 202 once they are durable.
 *
 * This is the whole of its HTTP side; {@link Intake} says what becomes of a beacon on its way.
 *
 * @throws if a setting cannot be read
 */
export function createCollector(parts: CollectorParts): Hono {
  const metrics = new Metrics();
  const elapsedMs = () => performance.now();
  const intake = new Intake(parts, metrics, elapsedMs);
  const cors = createCors(parts.sites);
  const app = new Hono();

  app.post(BEACONS_PATH, async (context) => {
    const beacon = toIncoming(context);
    const headers = cors.toHeaders(beacon.headers.origin);
    const outcome = await intake.take(beacon);
    if (isRefusal(outcome)) {
      metrics.countRefused(outcome.refused);
      return toProblemResponse(outcome, headers);
    }
    metrics.countAccepted(outcome.accepted, outcome.rejected.length);
    return new Response(toAnswer(outcome), { status: 202, headers });
  });

  app.options(BEACONS_PATH, (context) => cors.toPreflight(context.req.header("origin")));

  const numbers = parseMatomoSites(parts.settings.matomoSites, parts.sites);
  if (typeof numbers === "string") throw new Error(numbers);
  addMatomoRoutes(
    app,
    new MatomoIntake(intake, metrics, numbers, () => parts.keys().sealKey, elapsedMs),
    cors,
    metrics,
  );

  const { gate } = parts;
  if (gate !== undefined) {
    addConsentsRoute(app, { ...parts, gate }, metrics, elapsedMs);
    addAttendanceRoute(app, { ...parts, gate }, metrics, elapsedMs);
  }

  const toMetrics = async () => metrics.toText() + ((await parts.extraMetrics?.()) ?? "");
  addHealthRoutes(app, parts.checks, toMetrics, elapsedMs);

  app.notFound((context) => {
    const methods = toMethods(app, context.req.path);
    const refusal: Refusal = { refused: methods === "" ? "not_found" : "method_not_allowed" };
    metrics.countRefused(refusal.refused);
    const headers = cors.toHeaders(context.req.header("origin"));
    return toProblemResponse(refusal, methods === "" ? headers : { ...headers, allow: methods });
  });

  app.onError((error, context) => {
    metrics.countRefused("internal");
    parts.logger.warn("a request failed inside", { error: error.name, at: toPlace(error) });
    return toProblemResponse({ refused: "internal" }, cors.toHeaders(context.req.header("origin")));
  });
  return app;
}

/** The body of a 202. */
function toAnswer({ accepted, rejected }: TakenBeacon): string {
  if (rejected.length === 0) return `{"accepted":${accepted},"rejected":[]}`;
  return JSON.stringify({ accepted, rejected });
}

/** Methods that a path is served for, as the Allow header lists them; empty if it is not served at all. */
function toMethods(app: Hono, path: string): string {
  return toAllowed(app.routes.filter((route) => route.path === path).map((route) => route.method));
}
