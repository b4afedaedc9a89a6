import type { Site } from "../schemas/settings.ts";
import { toProblemResponse } from "./problem.ts";

/** Headers of every answer: it is never kept by a cache and never taken for another type. */
export const ANSWER_HEADERS = {
  "content-type": "application/json",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  vary: "Origin",
} as const;

/** How long a browser may remember a preflight, seconds. */
const PREFLIGHT_S = "7200";

/** What browsers are told of origins. */
export interface Cors {
  /** Headers of an answer to a page of this origin. */
  toHeaders(origin: string | undefined): Readonly<Record<string, string>>;
  /** The answer to a preflight of this origin. */
  toPreflight(origin: string | undefined): Response;
}

/**
 * Cross-origin rules: pages of registered origins may read answers, nobody else's. Never with credentials, since
 * identity travels in the token and cookies are not wanted.
 *
 * @see Fetch Standard, CORS protocol
 */
export function createCors(sites: readonly Site[]): Cors {
  const known = new Map(
    sites.flatMap((site) =>
      site.origins.map((origin) => [origin, { ...ANSWER_HEADERS, "access-control-allow-origin": origin }]),
    ),
  );
  const toHeaders: Cors["toHeaders"] = (origin) =>
    origin === undefined ? ANSWER_HEADERS : (known.get(origin) ?? ANSWER_HEADERS);
  return {
    toHeaders,
    toPreflight(origin) {
      if (origin === undefined || !known.has(origin))
        return toProblemResponse({ refused: "origin_forbidden" }, ANSWER_HEADERS);
      const { "content-type": _, ...headers } = toHeaders(origin);
      return new Response(null, {
        status: 204,
        headers: {
          ...headers,
          "access-control-allow-methods": "POST",
          "access-control-allow-headers": "content-type",
          "access-control-max-age": PREFLIGHT_S,
        },
      });
    },
  };
}
