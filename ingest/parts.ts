import type { Decision, JournalState } from "../schemas/journal.ts";
import type { CollectorKeys } from "../schemas/keyring.ts";
import type { Clock, Log } from "../schemas/ports.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import type { Check } from "./health.ts";

/** Says what an operator should hear of: a fixed sentence and typed facts, nothing that came from outside. */
export interface CollectorLogger {
  warn(sentence: string, facts?: Readonly<Record<string, number | boolean | string | undefined>>): void;
}

/** What a collector is made of. */
export interface CollectorParts {
  readonly log: Log;
  readonly clock: Clock;
  /** The keys in force now: the same object until they change. */
  keys(): CollectorKeys;
  /** What has been decided so far. */
  journal(): JournalState;
  /** Writes decisions; resolves when they are durable and in force here. Rejects with `LogUnavailable`. */
  decide(decisions: readonly Decision[]): Promise<void>;
  readonly sites: readonly Site[];
  /** ISO 3166-1 alpha-2 code of an address, or empty. */
  country(address: string): string;
  readonly settings: Pick<
    Settings,
    | "trustedProxies"
    | "countryHeader"
    | "queryKeys"
    | "ratePerPerson"
    | "ratePerAddress"
    | "statisticsFlushMs"
    | "lateHoursMax"
    | "futureMinutesMax"
  >;
  /** What must be well for beacons to be taken. */
  readonly checks: readonly Check[];
  /** More lines for `/metrics`, in the same format. */
  extraMetrics?(): string | Promise<string>;
  readonly logger: CollectorLogger;
}
