import { type ErrorCode, toProblem } from "../schemas/errors.ts";

/** Why one event of a beacon was not taken. `detail` names the field and what it requires, never the value. */
export interface RejectedEvent {
  readonly index: number;
  readonly code: "event_invalid";
  readonly detail: string;
}

/** Why one of several things that a server told was not taken. */
export interface RejectedItem {
  readonly index: number;
  readonly code: Extract<ErrorCode, "event_invalid" | "partner_unknown" | "partner_left" | "partner_forbidden">;
  readonly detail?: string;
}

/** A request that is not served. An outcome that is expected, so it is returned and never thrown. */
export interface Refusal {
  readonly refused: ErrorCode;
  readonly detail?: string;
  readonly rejected?: readonly RejectedItem[];
  readonly retryAfterS?: number;
}

/** Tells a refusal from whatever else a step may answer. */
export function isRefusal<T extends object>(outcome: T | Refusal): outcome is Refusal {
  return "refused" in outcome;
}

/**
 * The answer to a refused request: an RFC 9457 problem, with `Retry-After` where waiting helps.
 *
 * @param headers of every answer to this caller (CORS, security); the content type is set here
 */
export function toProblemResponse(refusal: Refusal, headers: Readonly<Record<string, string>>): Response {
  const problem = toProblem(refusal.refused, refusal.detail);
  const body = refusal.rejected === undefined ? problem : { ...problem, rejected: refusal.rejected };
  return new Response(JSON.stringify(body), {
    status: problem.status,
    headers: {
      ...headers,
      "content-type": "application/problem+json",
      ...(refusal.retryAfterS === undefined ? {} : { "retry-after": String(refusal.retryAfterS) }),
    },
  });
}
