import {
  type EventType,
  PURPOSE_OF_TYPE,
  type Purpose,
  type SealedBeacon,
  type SealedEvent,
} from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import type { JournalState } from "../schemas/journal.ts";
import type { DropReason } from "../schemas/verdict.ts";
import { dropWithoutBasis } from "./basis.ts";
import { type ClockLimits, dropOutsideClock } from "./clock.ts";
import { toConsent } from "./consent.ts";
import { type EpochPseudonym, NO_EPOCH, NOBODY, type PseudonymBook, toConsentRealm } from "./pseudonym.ts";
import { dropRobot } from "./robots.ts";
import { dropWithoutPartner } from "./standing.ts";

/** What the steps need to know beyond the event. */
export interface PipelineFacts {
  readonly journal: JournalState;
  readonly pseudonyms: PseudonymBook;
  readonly limits: ClockLimits;
  /** Processing time, UTC. */
  readonly nowMs: EpochMs;
}

/** An event that may be stored, and where. */
export interface LawfulEvent {
  readonly purpose: Purpose;
  readonly atMs: EpochMs;
  readonly person: EpochPseudonym;
}

/** An event that may not be stored, and what is counted of it. */
export interface DroppedEvent {
  readonly reason: DropReason;
  /** When it happened, or the receipt where that is no usable time; UTC. */
  readonly atMs: EpochMs;
}

const UNLINKED: EpochPseudonym = { epoch: NO_EPOCH, bytes: NOBODY };

/**
 * Runs one event through the steps, in their order: robots, clock, Partner, lawful basis and consent, pseudonym.
 * The first step that says no decides the reason.
 *
 * Pure but for the memory of the pseudonym book; never throws.
 */
export function toLawfulEvent(
  beacon: SealedBeacon,
  event: SealedEvent,
  { journal, pseudonyms, limits, nowMs }: PipelineFacts,
): LawfulEvent | DroppedEvent {
  const { origin, receivedMs, person } = beacon;

  const timed = dropOutsideClock({ atMs: event.atMs, receivedMs, origin }, limits, nowMs);
  const atMs = "kept" in timed ? timed.kept : receivedMs;

  const human = dropRobot(beacon.agent);
  if ("dropped" in human) return { reason: human.dropped, atMs };
  if ("dropped" in timed) return { reason: timed.dropped, atMs };

  const standing = dropWithoutPartner(person, journal, nowMs);
  if ("dropped" in standing) return { reason: standing.dropped, atMs };

  const purpose = toPurpose(event.type);
  const lawful = dropWithoutBasis(person.acct, purpose, toConsent(person));
  if ("dropped" in lawful || purpose === undefined) {
    return { reason: "dropped" in lawful ? lawful.dropped : "no_basis", atMs };
  }
  if (lawful.kept === "unlinked") return { purpose, atMs, person: UNLINKED };

  const pseudonym = pseudonyms.toPseudonym({
    partner: person.ptn,
    zone: journal.partners.get(person.ptn)?.zone ?? "UTC",
    ref: person.ref,
    realm: purpose === "engagement" ? purpose : toConsentRealm(purpose, 0),
    atMs,
  });
  return pseudonym === undefined ? { reason: "no_basis", atMs } : { purpose, atMs, person: pseudonym };
}

/** The purpose of an event type; `undefined` for a type that this release does not know. Pure. */
export function toPurpose(type: string): Purpose | undefined {
  return Object.hasOwn(PURPOSE_OF_TYPE, type) ? PURPOSE_OF_TYPE[type as EventType] : undefined; // checked here
}
