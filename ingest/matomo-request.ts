import type { MatomoParameters } from "./matomo-hit.ts";
import type { Refusal } from "./problem.ts";

/** Largest body of a Matomo request, bytes: 50 hits in bulk, each with a token. */
export const MATOMO_BYTES_MAX = 262_144;
/** Most hits of a bulk request, which is what the tracker sends at once. */
export const MATOMO_HITS_MAX = 50;

/** A request of Matomo's wire as it was read. */
export interface MatomoRequest {
  /** `undefined`: an entry of a bulk request that cannot be read. */
  readonly hits: readonly (MatomoParameters | undefined)[];
  readonly isBulk: boolean;
  /** A picture, or in bulk a JSON answer, is wanted. */
  readonly wantsAnswer: boolean;
}

/**
 * Reads a request of Matomo's wire: parameters from the query and the body, of which the query wins, or a bulk of
 * them in a JSON body. Which it is, the body says: the tracker gives both the same content type.
 *
 * Pure, never throws.
 *
 * @param query without its mark
 * @see Matomo core/Tracker/Requests.php, js/piwik.js
 */
export function parseMatomoRequest(query: string, body: string): MatomoRequest | Refusal {
  if (/^\s*\{/.test(body)) return parseBulk(body);
  const hit = new Map([...new URLSearchParams(body), ...new URLSearchParams(query)]);
  return { hits: [hit], isBulk: false, wantsAnswer: hit.get("send_image") !== "0" };
}

function parseBulk(text: string): MatomoRequest | Refusal {
  let body: { readonly requests?: unknown; readonly send_image?: unknown };
  try {
    body = JSON.parse(text);
  } catch {
    return { refused: "body_invalid", detail: "The body begins like JSON and is none." };
  }
  const { requests, send_image } = body;
  if (!Array.isArray(requests)) return { refused: "body_invalid", detail: "requests: must be a list." };
  if (requests.length > MATOMO_HITS_MAX)
    return { refused: "body_invalid", detail: `requests: must be ${MATOMO_HITS_MAX} at most.` };
  const hits = requests.map((request: unknown) =>
    typeof request === "string" ? new Map(new URLSearchParams(request.replace(/^[^?]*\?/, ""))) : undefined,
  );
  return { hits, isBulk: true, wantsAnswer: send_image !== 0 && send_image !== "0" };
}
