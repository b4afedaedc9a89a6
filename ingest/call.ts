import { parseTrustedProxies, toAddressPrefix, toClientAddress } from "./address.ts";
import { readBody, refuseBody } from "./body.ts";
import { ANSWER_HEADERS } from "./cors.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { Credentials } from "./parts.ts";
import { isRefusal, type Refusal, toProblemResponse } from "./problem.ts";

/** Largest body of a call with an API key, bytes. */
export const CALL_BYTES_MAX = 1_048_576;

/**
 * Makes what says who calls of a request.
 *
 * @throws if the list of trusted proxies cannot be read
 */
export function createCredentialsReader(trustedProxies: string): (incoming: IncomingRequest) => Credentials {
  const trusted = parseTrustedProxies(trustedProxies);
  if (typeof trusted === "string") throw new Error(trusted);
  return ({ headers, peer }) => ({
    authorization: headers.authorization,
    prefix: toAddressPrefix(toClientAddress(peer, headers["x-forwarded-for"], trusted)),
  });
}

/**
 * The body of a call, parsed from JSON; `{}` if there is none. What is in it has not been looked at.
 *
 * @param mediaType the body must be of that type, and is left as text
 */
export async function readCall(
  { headers, request }: IncomingRequest,
  mediaType?: "text/csv",
): Promise<{ readonly body: unknown } | Refusal> {
  const isEmpty = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
  if (isEmpty) return { body: {} };
  const refused = refuseBody(headers, CALL_BYTES_MAX, mediaType === undefined ? undefined : /^\s*text\/csv\s*(?:;|$)/i);
  if (refused !== undefined) return refused;
  const read = await readBody(request, headers, CALL_BYTES_MAX);
  if (isRefusal(read)) return read;
  if (mediaType !== undefined) return { body: read.text };
  try {
    return { body: JSON.parse(read.text) };
  } catch {
    return { refused: "body_invalid", detail: "The body is not JSON." };
  }
}

/** The answer to a call that is refused. Says how to authenticate where that was missing (RFC 6750 section 3). */
export function toCallProblem(refusal: Refusal): Response {
  const isKeyWrong = refusal.refused.startsWith("key_");
  return toProblemResponse(
    refusal,
    isKeyWrong ? { ...ANSWER_HEADERS, "www-authenticate": 'Bearer realm="roebuck"' } : ANSWER_HEADERS,
  );
}
