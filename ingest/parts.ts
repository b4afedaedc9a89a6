import type { Decision, JournalState } from "../schemas/journal.ts";
import type { CollectorKeys } from "../schemas/keyring.ts";
import type { Clock, Log } from "../schemas/ports.ts";
import type { Action } from "../schemas/roles.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import type { Check } from "./health.ts";
import type { Refusal } from "./problem.ts";
import type { RobotTest } from "./robots-list.ts";

/** Says what an operator should hear of: a fixed sentence and typed facts, nothing that came from outside. */
export interface CollectorLogger {
  info(sentence: string, facts?: Readonly<Record<string, number | boolean | string | undefined>>): void;
  warn(sentence: string, facts?: Readonly<Record<string, number | boolean | string | undefined>>): void;
}

/** Who calls with an API key that is good for what they want to do. */
export interface Caller {
  /** The key's id: who it was, in the log and the audit trail. */
  readonly id: string;
  /** It reaches some Partners only. */
  readonly isLimited: boolean;
  /** Whether it reaches a Partner's people; `""` stands for accounts without a Partner. */
  reaches(partner: string): boolean;
  /** Whether a role of its key may do something else, too. */
  may(action: Action): boolean;
}

/** What of a request says who calls. */
export interface Credentials {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** Address prefix of the client. */
  readonly prefix: string;
}

/** Tells who calls, or why they may not do it. Never rejects. */
export type KeyGate = (credentials: Credentials, action: Action) => Promise<Caller | Refusal>;

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
  /** The operator's list of robots: the same object until it changes. Absent, or `undefined`: none. */
  robots?(): RobotTest | undefined;
  readonly settings: Pick<
    Settings,
    | "trustedProxies"
    | "countryHeader"
    | "queryKeys"
    | "matomoSites"
    | "ratePerPerson"
    | "ratePerAddress"
    | "statisticsFlushMs"
    | "lateHoursMax"
    | "futureMinutesMax"
    | "retentionDays"
  >;
  /** What must be well for beacons to be taken. */
  readonly checks: readonly Check[];
  /** Lets in servers that have an API key. Absent: the collector takes nothing from servers. */
  readonly gate?: KeyGate;
  /** More lines for `/metrics`, in the same format. */
  extraMetrics?(): string | Promise<string>;
  readonly logger: CollectorLogger;
}
