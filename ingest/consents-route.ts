import type { Hono } from "hono";
import { LogUnavailable } from "../schemas/ports.ts";
import { createCredentialsReader, readCall, toCallProblem } from "./call.ts";
import { type ConsentReceipt, takeConsents } from "./consents.ts";
import { ANSWER_HEADERS } from "./cors.ts";
import { type IncomingRequest, toIncoming } from "./incoming.ts";
import type { Metrics } from "./metrics.ts";
import { isNotedRefusal, noteTold } from "./note.ts";
import type { CollectorParts, KeyGate } from "./parts.ts";
import { isRefusal, type Refusal } from "./problem.ts";
import { TimeLimit, TimeLimitExceeded } from "./time-limit.ts";

/** Where servers of the site tell choices. */
export const CONSENTS_PATH = "/v1/consents";

/** Longest wait for the journal before the sender is told to come again, ms. */
const DECIDE_MS_MAX = 5_000;
const RETRY_AFTER_S = 5;

/**
 * Adds `POST /v1/consents`: choices that a server of the site tells, 200 once they are durable and in force here. It is
 * the collector's, because that is the part which the site's servers can reach.
 *
 * The choices are on record in the journal; which key told how many, in the audit trail.
 */
export function addConsentsRoute(
  app: Hono,
  parts: CollectorParts & { readonly gate: KeyGate },
  metrics: Metrics,
  elapsedMs: () => number,
): void {
  const toCredentials = createCredentialsReader(parts.settings.trustedProxies);
  const limit = new TimeLimit(DECIDE_MS_MAX, elapsedMs);

  const take = async (incoming: IncomingRequest): Promise<ConsentReceipt | Refusal> => {
    const caller = await parts.gate(toCredentials(incoming), "consents.tell");
    if (isRefusal(caller)) return caller;
    const read = await readCall(incoming);
    if (isRefusal(read)) return read;
    const note = (detail: Readonly<Record<string, number | string>>, partner = "") =>
      limit.run(noteTold(parts, { key: caller.id, action: "consents.tell", partner, detail }));
    try {
      const receipt = await takeConsents(read.body, "api", {
        sealKey: parts.keys().sealKey,
        journal: parts.journal(),
        nowMs: parts.clock.nowMs(),
        reaches: caller.reaches,
        note: (counts, partner) => note({ ...counts }, partner),
        decide: (decisions) => limit.run(parts.decide(decisions)),
      });
      if (isNotedRefusal(receipt)) await note({ refused: receipt.refused });
      const facts = isRefusal(receipt)
        ? { code: receipt.refused }
        : { received: receipt.received, changed: receipt.changed };
      parts.logger.info("consents were told", { key: caller.id, ...facts });
      return receipt;
    } catch (error) {
      if (!(error instanceof LogUnavailable || error instanceof TimeLimitExceeded)) throw error;
      parts.logger.warn("the journal cannot take choices; senders are told to come again", { error: error.name });
      return { refused: "log_unavailable", retryAfterS: RETRY_AFTER_S };
    }
  };

  app.post(CONSENTS_PATH, async (context) => {
    const outcome = await take(toIncoming(context));
    if (isRefusal(outcome)) {
      metrics.countRefused(outcome.refused);
      return toCallProblem(outcome);
    }
    metrics.countConsents(outcome.changed, 0);
    return Response.json(outcome, { headers: ANSWER_HEADERS });
  });
}
