import { carryOver } from "../transform/journal-carry.ts";
import { runBackup } from "./backups/run-backup.ts";
import { isCarryOverDue } from "./clocks/carry-over.ts";
import { removeDeparted } from "./clocks/departures.ts";
import { purge } from "./clocks/purge.ts";
import { forgetSilent } from "./clocks/silent-people.ts";
import { CommandError } from "./command-io.ts";
import { removeExpiredExports } from "./exports/ledger.ts";
import type { Facts } from "./logger.ts";
import { enforceJournal } from "./rights/enforce.ts";
import type { Service } from "./service.ts";

/** One piece of the night's work. */
export interface NightlyJob {
  /** As in the ledger. */
  readonly name: string;
  /** Whether the settings ask for it. */
  isWanted(service: Service): boolean;
  /** Does it; answers counts for the ledger and the log. Throws whatever kept it from being done. */
  run(service: Service, signal: AbortSignal): Promise<Facts>;
}

/** Who the audit trail names for what runs by itself. */
export const NIGHTLY_ACTOR = "roebuck";

const always = () => true;

/** The night's work in its order: what forgets comes before what copies. */
export const NIGHTLY_JOBS: readonly NightlyJob[] = [
  {
    name: "enforce",
    isWanted: always,
    async run(service) {
      return { ...(await enforceJournal(service)) };
    },
  },
  {
    name: "forget",
    isWanted: always,
    async run(service) {
      const { forgotten, lastDays } = await forgetSilent(service, { dryRun: false }, NIGHTLY_ACTOR);
      return { forgotten, lastDays };
    },
  },
  {
    name: "departures",
    isWanted: always,
    async run(service) {
      const certificates = await removeDeparted(service, { dryRun: false }, NIGHTLY_ACTOR);
      const removed = certificates.filter(({ held }) => !held).length;
      return { removed, held: certificates.length - removed };
    },
  },
  {
    name: "carry over",
    isWanted: always,
    async run(service) {
      if (!(await isCarryOverDue(service))) return { carried: false };
      const { carried, removed } = await carryOver(service.log, service.followed, service.clock.nowMs());
      if (!carried) throw new CommandError("Cannot carry the journal over: others wrote into it meanwhile.");
      return { carried, removed };
    },
  },
  {
    name: "purge",
    isWanted: always,
    async run(service, signal) {
      const { lastDay, tables, released } = await purge(service, { dryRun: false, signal }, NIGHTLY_ACTOR);
      return { lastDay, rows: tables.reduce((sum, { rowsBefore }) => sum + rowsBefore, 0), released };
    },
  },
  {
    name: "exports",
    isWanted: always,
    async run({ settings, clock }) {
      return { ...removeExpiredExports(settings, clock.nowMs()) };
    },
  },
  {
    name: "backup",
    isWanted: ({ settings }) => settings.backupDir !== "",
    async run(service, signal) {
      const { id, rows, bytes, removed } = await runBackup(service, {}, NIGHTLY_ACTOR, {
        progress: () => undefined,
        signal,
      });
      return { id, rows, bytes, removed: removed.length };
    },
  },
];
