import { type EpochMs, type Month, toEpochMs } from "../schemas/ids.ts";

const DAY_MS = 86_400_000;
const FIRST_WAIT_MS = 600_000;
const WAIT_MS_MAX = 6 * 3_600_000;

/**
 * How long after its close a version is brought to officers by itself. An officer who is taken on within it gets the
 * record of the month, too; a mailbox that takes nothing for so long is left to an operator.
 */
export const DELIVERY_DAYS_MAX = 45;

/** The latest version of a closed month of a Partner. */
export interface ClosedVersion {
  readonly partner: string;
  readonly month: Month;
  readonly version: number;
  /** UTC. */
  readonly closedMs: EpochMs;
  /** The month was not over: never to be handed out. */
  readonly isProvisional: boolean;
}

/** A Link Officer as the ledger knows them. */
export interface Officer {
  readonly partner: string;
  /** Stands for Partner and address. */
  readonly officer: string;
  readonly name: string;
  readonly email: string;
}

/** What the ledger says of one version and one officer. */
export interface LedgerEntry {
  readonly partner: string;
  readonly month: Month;
  readonly version: number;
  readonly officer: string;
  /** Times that it was handed over, or tried to be. */
  readonly begun: number;
  /** Times that the server did not take it for this officer, though it took others. */
  readonly failed: number;
  /** Last change, UTC. */
  readonly lastMs: EpochMs;
  readonly isSent: boolean;
  readonly isRefused: boolean;
  /** Why the last try failed; empty if none did. */
  readonly reason: string;
}

/**
 * `due`: to be sent now. `waiting`: tried, and to be tried again at `nextMs`. `sent`. `refused`: for good, until the
 * address is corrected or an operator tries again. `given up`: closed too long ago to be sent by itself.
 */
export type DeliveryState = "due" | "waiting" | "sent" | "refused" | "given up";

/** One version for one officer. */
export interface PlannedDelivery extends Officer, Pick<ClosedVersion, "month" | "version" | "closedMs"> {
  readonly state: DeliveryState;
  /** An earlier version of the month was sent to this officer. */
  readonly isRepeat: boolean;
  readonly begun: number;
  readonly reason: string;
  /** Last change, UTC; 0 if never tried. */
  readonly lastMs: EpochMs;
  /** When it is tried again, UTC; of `waiting` alone. */
  readonly nextMs: EpochMs;
}

/** What is planned from. */
export interface DeliveryFacts {
  readonly nowMs: EpochMs;
  readonly versions: readonly ClosedVersion[];
  readonly officers: readonly Officer[];
  readonly ledger: readonly LedgerEntry[];
}

/**
 * What is to be brought to whom, those that were tried least first, so that nobody whose mail fails holds up another.
 * A version goes to each officer on file once; one that was replaced before it was sent is not sent at all. Pure.
 */
export function planDeliveries(facts: DeliveryFacts): readonly PlannedDelivery[] {
  const officers = Map.groupBy(facts.officers, ({ partner }) => partner);
  const ledger = Map.groupBy(facts.ledger, (entry) => toKey(entry.partner, entry.month, entry.officer));
  return facts.versions
    .filter(({ isProvisional }) => !isProvisional)
    .flatMap((version) =>
      (officers.get(version.partner) ?? []).map((officer) => {
        const entries = ledger.get(toKey(version.partner, version.month, officer.officer)) ?? [];
        return toPlanned(version, officer, entries, facts);
      }),
    )
    .toSorted(
      (a, b) =>
        a.begun - b.begun ||
        compare(a.month, b.month) ||
        compare(a.partner, b.partner) ||
        compare(a.officer, b.officer),
    );
}

function toPlanned(
  { month, version, closedMs }: ClosedVersion,
  officer: Officer,
  entries: readonly LedgerEntry[],
  { nowMs }: DeliveryFacts,
): PlannedDelivery {
  const entry = entries.find((one) => one.version === version);
  const nextMs = toEpochMs(entry === undefined ? 0 : entry.lastMs + toWaitMs(entry.failed));
  return {
    ...officer,
    month,
    version,
    closedMs,
    state: toState(entry, { nowMs, nextMs, closedMs }),
    isRepeat: entries.some((one) => one.version < version && one.isSent),
    begun: entry?.begun ?? 0,
    reason: entry?.reason ?? "",
    lastMs: entry?.lastMs ?? toEpochMs(0),
    nextMs,
  };
}

function toState(
  entry: LedgerEntry | undefined,
  at: { readonly nowMs: EpochMs; readonly nextMs: EpochMs; readonly closedMs: EpochMs },
): DeliveryState {
  if (entry?.isSent === true) return "sent";
  if (entry?.isRefused === true) return "refused";
  if (at.closedMs + DELIVERY_DAYS_MAX * DAY_MS < at.nowMs) return "given up";
  return at.nextMs > at.nowMs ? "waiting" : "due";
}

/** Ten minutes, then twice as long each time, six hours at most; none where nobody's mail was taken. */
function toWaitMs(failed: number): number {
  return failed === 0 ? 0 : Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** Math.min(failed - 1, 20));
}

function toKey(partner: string, month: string, officer: string): string {
  return `${partner}\n${month}\n${officer}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
