import type { Context, Hono } from "hono";
import { ANSWER_HEADERS, type Cors } from "./cors.ts";
import { toIncoming } from "./incoming.ts";
import type { MatomoIntake, MatomoOutcome } from "./matomo-intake.ts";
import type { Metrics } from "./metrics.ts";
import { isRefusal, toProblemResponse } from "./problem.ts";

/** Addresses that Matomo's tracker sends to, of all its versions. */
export const MATOMO_PATHS = ["/matomo.php", "/piwik.php"] as const;

/** The picture of one transparent pixel, 43 bytes. */
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");

/**
 * Serves Matomo's tracking wire, so that a site with its tracker changes an address and adds its token.
 *
 * Nothing of an address is ever logged: the token is in its query here, which no other wire of ours allows.
 * Cookies are not read, but the tracker sends with credentials, so browsers must be told that they may.
 */
export function addMatomoRoutes(app: Hono, intake: MatomoIntake, cors: Cors, metrics: Metrics): void {
  const answer = async (context: Context): Promise<Response> => {
    const headers = toHeaders(cors, context);
    // A look at what is there tracks nothing.
    const query = context.req.method === "HEAD" ? "" : (/\?(.*)$/s.exec(context.req.url)?.[1] ?? "");
    const outcome = await intake.take(toIncoming(context), query);
    if (!isRefusal(outcome)) return toAnswer(outcome, headers);
    metrics.countRefused(outcome.refused);
    return toProblemResponse(outcome, headers);
  };
  for (const path of MATOMO_PATHS) {
    app.get(path, answer);
    app.post(path, answer);
    app.options(path, (context) => {
      const headers = { "access-control-allow-methods": "GET, POST", "access-control-allow-headers": "*" };
      return new Response(null, { status: 204, headers: { ...toHeaders(cors, context), ...headers } });
    });
  }
}

/** Without the type of the content. Browsers read an answer only if its origin is registered; a picture needs no such leave. */
function toHeaders(cors: Cors, context: Context): Readonly<Record<string, string>> {
  const { "content-type": _, ...plain } = ANSWER_HEADERS;
  if (context.req.method === "GET") return plain;
  const allowed = cors.toHeaders(context.req.header("origin"))["access-control-allow-origin"];
  if (allowed === undefined) return plain;
  return { ...plain, "access-control-allow-origin": allowed, "access-control-allow-credentials": "true" };
}

function toAnswer({ request, tracked, invalid }: MatomoOutcome, headers: Readonly<Record<string, string>>): Response {
  if (!request.wantsAnswer) return new Response(null, { status: 204, headers });
  if (!request.isBulk) return new Response(PIXEL, { headers: { ...headers, "content-type": "image/gif" } });
  const body = JSON.stringify({ status: "success", tracked, invalid });
  return new Response(body, { headers: { ...headers, "content-type": "application/json" } });
}
