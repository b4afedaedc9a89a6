import type { Purpose } from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import type { PersonChoices } from "../schemas/journal.ts";

/** What a person's rights forbid about one event. */
export interface Forbidden {
  readonly erased: boolean;
  readonly restricted: boolean;
  readonly objected: boolean;
}

/** Nothing is forbidden: the person has decided nothing. */
export const NOTHING_FORBIDDEN: Forbidden = { erased: false, restricted: false, objected: false };

/**
 * What a person's erasure, restriction and objections say of an event.
 *
 * An erasure covers what had happened or was received by then, and so does a removal within its purpose; the person may
 * begin afresh after it. A restriction and
 * an objection cover whatever is processed while they hold, also what happened before.
 * Pure.
 *
 * @see GDPR Art. 17, 18, 21
 */
export function toForbidden(
  { erasedMs, removals, restricted, objections }: PersonChoices,
  purpose: Purpose | undefined,
  atMs: EpochMs,
  receivedMs: EpochMs,
): Forbidden {
  const removedMs = purpose === undefined ? undefined : removals.get(purpose);
  const isCovered = (goneMs: EpochMs | undefined) => goneMs !== undefined && (atMs <= goneMs || receivedMs <= goneMs);
  return {
    erased: isCovered(erasedMs) || isCovered(removedMs),
    restricted,
    objected: purpose !== undefined && objections.has(purpose),
  };
}
