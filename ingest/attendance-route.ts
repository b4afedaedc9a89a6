import type { Hono } from "hono";
import type { SealedBeacon } from "../schemas/event.ts";
import { LogUnavailable } from "../schemas/ports.ts";
import { type ToldAttendances, toToldAttendances } from "./attendance.ts";
import { createCredentialsReader, readCall, toCallProblem } from "./call.ts";
import { ANSWER_HEADERS } from "./cors.ts";
import { type IncomingRequest, toIncoming } from "./incoming.ts";
import type { Metrics } from "./metrics.ts";
import { isNotedRefusal, type Told, toNoteRecord } from "./note.ts";
import type { CollectorParts, KeyGate } from "./parts.ts";
import { isRefusal, type Refusal } from "./problem.ts";
import { TimeLimit, TimeLimitExceeded } from "./time-limit.ts";

/** Where servers of the site tell who attended. */
export const ATTENDANCE_PATH = "/v1/attendance";

/** Longest wait for the log before the sender is told to come again, ms. */
const APPEND_MS_MAX = 5_000;
const RETRY_AFTER_S = 5;

/**
 * Adds `POST /v1/attendance`: who was at an event, told by a server of the site; 202 once it is durable. From there it
 * goes the way of every event: the transform asks for the lawful basis.
 */
export function addAttendanceRoute(
  app: Hono,
  parts: CollectorParts & { readonly gate: KeyGate },
  metrics: Metrics,
  elapsedMs: () => number,
): void {
  const toCredentials = createCredentialsReader(parts.settings.trustedProxies);
  const limit = new TimeLimit(APPEND_MS_MAX, elapsedMs);
  const sites = parts.sites.map(({ id }) => id);

  const take = async (incoming: IncomingRequest): Promise<ToldAttendances | Refusal> => {
    const caller = await parts.gate(toCredentials(incoming), "attendance.tell");
    if (isRefusal(caller)) return caller;
    const read = await readCall(incoming);
    if (isRefusal(read)) return read;
    const told = toToldAttendances(read.body, {
      ...parts.settings,
      sealKey: parts.keys().sealKey,
      journal: parts.journal(),
      nowMs: parts.clock.nowMs(),
      sites,
      reaches: caller.reaches,
    });
    const note = (detail: Told["detail"]) =>
      toNoteRecord(parts.clock, { key: caller.id, action: "attendance.tell", detail });
    const toRecord = (one: SealedBeacon) => ({ key: one.person.ref, value: Buffer.from(JSON.stringify(one)) });
    // What is noted and what is taken become durable together.
    const records = isRefusal(told)
      ? isNotedRefusal(told)
        ? [note({ refused: told.refused })]
        : []
      : [note({ accepted: told.sealed.length, rejected: told.rejected.length }), ...told.sealed.map(toRecord)];
    try {
      if (records.length > 0) await limit.run(parts.log.append("events", records));
    } catch (error) {
      if (!(error instanceof LogUnavailable || error instanceof TimeLimitExceeded)) throw error;
      parts.logger.warn("the log cannot take attendances; senders are told to come again", { error: error.name });
      return { refused: "log_unavailable", retryAfterS: RETRY_AFTER_S };
    }
    if (isRefusal(told)) {
      parts.logger.info("attendances were refused", { key: caller.id, code: told.refused });
      return told;
    }
    const facts = { accepted: told.sealed.length, rejected: told.rejected.length };
    parts.logger.info("attendances were told", { key: caller.id, ...facts });
    return told;
  };

  app.post(ATTENDANCE_PATH, async (context) => {
    const outcome = await take(toIncoming(context));
    if (isRefusal(outcome)) {
      metrics.countRefused(outcome.refused);
      return toCallProblem(outcome);
    }
    const { sealed, rejected } = outcome;
    metrics.countAttendances(sealed.length, rejected.length);
    return Response.json({ accepted: sealed.length, rejected }, { status: 202, headers: ANSWER_HEADERS });
  });
}
