import { ERRORS } from "../schemas/errors.ts";
import { SEALED_VERSION, type SealedNote } from "../schemas/event.ts";
import type { Clock, Log, LogRecord } from "../schemas/ports.ts";
import { isRefusal, type Refusal } from "./problem.ts";

/** What a server did with its key, without when. */
export interface Told {
  /** Id of the API key. */
  readonly key: string;
  readonly action: string;
  /** A Partner's id that is on file; empty if several, or none, are meant. Never a word of the request. */
  readonly partner?: string;
  /** Counts and outcomes. */
  readonly detail: SealedNote["detail"];
}

/** The record of the `events` stream that becomes a row of the audit trail. Pure, but for the clock. */
export function toNoteRecord(clock: Clock, { key, action, partner = "", detail }: Told): LogRecord {
  const atMs = clock.nowMs();
  const note: SealedNote = { kind: "note", v: SEALED_VERSION, atMs, actor: key, action, subject: partner, detail };
  return { key: `note ${key}`, value: Buffer.from(JSON.stringify(note)) };
}

/**
 * Notes what a server did, durably: whoever stores events writes it to the audit trail. A collector knows no warehouse.
 *
 * @throws LogUnavailable: what cannot be noted must not be done
 */
export async function noteTold(
  { log, clock }: { readonly log: Pick<Log, "append">; readonly clock: Clock },
  told: Told,
): Promise<void> {
  await log.append("events", [toNoteRecord(clock, told)]);
}

/** Tells whether an outcome is a refusal of somebody who was let in and asked for what is not theirs. A body that cannot be read is no act. */
export function isNotedRefusal(outcome: object): outcome is Refusal {
  return isRefusal(outcome) && ERRORS[outcome.refused].status === 403;
}
