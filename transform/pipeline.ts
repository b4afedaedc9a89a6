import { type Treatment, toTreatment } from "../schemas/basis.ts";
import {
  type EventType,
  type Origin,
  PURPOSE_OF_TYPE,
  type Purpose,
  type SealedBeacon,
  type SealedEvent,
  type SealedPerson,
} from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import { type JournalState, type PartnerStanding, toPartnerStanding } from "../schemas/journal.ts";
import type { DropReason } from "../schemas/verdict.ts";
import { type ClockLimits, dropOutsideClock } from "./clock.ts";
import { type ConsentInForce, toConsent } from "./consent.ts";
import { type EpochPseudonym, NO_EPOCH, NOBODY, type PseudonymBook, type Realm, toConsentRealm } from "./pseudonym.ts";
import { NOTHING_FORBIDDEN, toForbidden } from "./rights.ts";
import { dropRobot } from "./robots.ts";

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
 * Runs one event through the steps, in their order: robots, clock, then the law (Partner, erasure, restriction,
 * objection, lawful basis and consent), pseudonym. The first that says no decides the reason.
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

  const choices = journal.people.get(person.ref);
  const purpose = isClaimedByBrowser(event, origin) ? undefined : toPurpose(event.type);
  const consent = toConsent(person, choices, atMs);
  const treatment: Treatment = toTreatment({
    visitor: person.acct,
    purpose,
    partner: toStanding(person, journal, nowMs),
    ...(choices === undefined ? NOTHING_FORBIDDEN : toForbidden(choices, purpose, atMs, receivedMs)),
    consents: { behaviour: consent.behaviour !== undefined, feedback: consent.feedback !== undefined },
  });
  if ("dropped" in treatment) return { reason: treatment.dropped, atMs };
  if (purpose === undefined) return { reason: "no_basis", atMs };
  if (treatment.kept === "unlinked") return { purpose, atMs, person: UNLINKED };

  const pseudonym = pseudonyms.toPseudonym({
    partner: person.ptn,
    zone: journal.partners.get(person.ptn)?.zone ?? "UTC",
    ref: person.ref,
    realm: toRealm(person, purpose, consent),
    atMs,
  });
  return pseudonym === undefined ? { reason: "no_basis", atMs } : { purpose, atMs, person: pseudonym };
}

/** A browser cannot know who attended: only imports and servers may say so. The collector refuses it as well. */
function isClaimedByBrowser({ type }: SealedEvent, origin: Origin): boolean {
  return type === "attendance" && origin !== "import" && origin !== "server";
}

/** How a person's Partner stands. The Partner is the controller: when it leaves, processing stops at once (GDPR Art. 28(3)(a)). */
function toStanding(person: SealedPerson, journal: JournalState, nowMs: EpochMs): PartnerStanding {
  return person.acct === "partner" ? toPartnerStanding(journal, person.ptn, nowMs) : "active";
}

/**
 * What rests on a consent is combined only with what rests on the same grant. Feedback goes with behaviour while both
 * are agreed to, and the withdrawal of either ends it; of a public account everything rests on consent.
 */
function toRealm(person: SealedPerson, purpose: Purpose, { feedback, togetherSince }: ConsentInForce): Realm {
  if (purpose === "engagement" && person.acct !== "public") return "engagement";
  if (togetherSince === undefined) return toConsentRealm("feedback", feedback ?? 0);
  return toConsentRealm("behaviour", togetherSince);
}

/** The purpose of an event type; `undefined` for a type that this release does not know. Pure. */
export function toPurpose(type: string): Purpose | undefined {
  return Object.hasOwn(PURPOSE_OF_TYPE, type) ? PURPOSE_OF_TYPE[type as EventType] : undefined; // checked here
}
