import { type Notice, SIGNATURE_HEADER, toSignature } from "./notice.ts";
import type { WebhookTarget } from "./target.ts";

/** Longest wait for an answer, ms. */
const ANSWER_MS_MAX = 10_000;

/** How a notice was taken: `rejected` is an answer about this notice, `away` says that the other side cannot take any now. */
export type SendOutcome = { readonly kind: "taken" } | { readonly kind: "rejected" | "away"; readonly reason: string };

/**
 * Sends one notice, signed. A redirect is followed by nobody: it counts as a rejection. Of the answer only the status
 * is looked at. Never rejects for what the other side does.
 *
 * @param nowMs UTC
 * @throws CommandError if the secret cannot be read
 */
export async function sendNotice(
  target: WebhookTarget,
  notice: Notice,
  nowMs: number,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const body = JSON.stringify(notice);
  const signature = toSignature(target.secret(), Math.floor(nowMs / 1_000), body);
  try {
    const answer = await fetch(target.url, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/json", "user-agent": "Roebuck", [SIGNATURE_HEADER]: signature },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    await answer.body?.cancel();
    return toOutcome(answer.status);
  } catch (error) {
    return { kind: "away", reason: toReason(error) };
  }
}

/** What a status says. Pure. @see RFC 9110, 15 */
export function toOutcome(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: "taken" };
  const isAway = status >= 500 || status === 408 || status === 429;
  return { kind: isAway ? "away" : "rejected", reason: `status ${status}` };
}

/** The kind of a failure, and no word of the other side. */
function toReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return error instanceof Error ? error.name : "unknown";
}
