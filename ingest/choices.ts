import type { WireConsent } from "../schemas/beacon.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import {
  CONSENT_PURPOSES,
  type ConsentChange,
  type ConsentPurpose,
  type ConsentSource,
  type Decision,
  type JournalPerson,
  type PersonChoices,
} from "../schemas/journal.ts";

/** Grants of one person that are taken from beacons in a day: the journal is kept, so nobody may fill it. Withdrawals are always taken. */
export const GRANTS_PER_DAY_MAX = 20;

const DAY_MS = 86_400_000;

/** A person's yes or no to purposes at one moment. */
export interface Choice {
  readonly choices: WireConsent["choices"];
  readonly wording: string;
  /** When the person chose, UTC. */
  readonly atMs: EpochMs;
}

/** What choices come to. */
export interface ToldChoices {
  readonly decisions: readonly Extract<Decision, { kind: "consent" }>[];
  /** Grants beyond {@link GRANTS_PER_DAY_MAX}: not taken. */
  readonly refused: number;
}

/**
 * The decisions that a person's choices come to. What changes nothing is left out: the same answer to the same
 * wording, or a no after a no.
 *
 * Pure.
 *
 * @param known what the journal says of the person
 * @see GDPR Art. 7(1), 7(3)
 */
export function toConsentDecisions(
  person: JournalPerson,
  source: ConsentSource,
  told: readonly Choice[],
  known: PersonChoices | undefined,
): ToldChoices {
  const changes = (known?.consents ?? []).filter(({ atMs }) => atMs > (known?.erasedMs ?? Number.NEGATIVE_INFINITY));
  const decisions: Extract<Decision, { kind: "consent" }>[] = [];
  let refused = 0;
  for (const { choices, wording, atMs } of told) {
    for (const purpose of CONSENT_PURPOSES) {
      const granted = choices[purpose];
      if (granted === undefined) continue;
      const change: ConsentChange = { purpose, granted, atMs, wording, source };
      if (isKnown(changes, change)) continue;
      if (granted && source === "beacon" && countGrants(changes, atMs) >= GRANTS_PER_DAY_MAX) {
        refused += 1;
        continue;
      }
      changes.push(change);
      decisions.push({ kind: "consent", ref: person.ref, ptn: person.ptn, ...change });
    }
  }
  return { decisions, refused };
}

/**
 * When a choice was made by the server's clock: never after its receipt, and not so long before that a yes could
 * cover what happened while nobody had heard of it.
 *
 * Pure.
 */
export function toChoiceMs(correctedMs: EpochMs, receivedMs: EpochMs, lateMsMax: number): EpochMs {
  return toEpochMs(Math.min(receivedMs, Math.max(correctedMs, receivedMs - lateMsMax)));
}

function isKnown(changes: readonly ConsentChange[], { purpose, granted, atMs, wording }: ConsentChange): boolean {
  const latest = toLatest(changes, purpose);
  if (latest === undefined || latest.granted !== granted || latest.atMs > atMs) return false;
  return !granted || latest.wording === wording;
}

function toLatest(changes: readonly ConsentChange[], purpose: ConsentPurpose): ConsentChange | undefined {
  return changes
    .filter((change) => change.purpose === purpose)
    .reduce<ConsentChange | undefined>(
      (latest, change) => (latest === undefined || change.atMs >= latest.atMs ? change : latest),
      undefined,
    );
}

function countGrants(changes: readonly ConsentChange[], nowMs: EpochMs): number {
  return changes.filter(({ source, granted, atMs }) => source === "beacon" && granted && atMs > nowMs - DAY_MS).length;
}
