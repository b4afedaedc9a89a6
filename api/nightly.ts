import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../schemas/ids.ts";
import { toNightlyDueMs } from "./clocks/due.ts";
import { CommandError } from "./command-io.ts";
import { toErrorFacts } from "./logger.ts";
import { NIGHTLY_JOBS, type NightlyJob } from "./nightly-jobs.ts";
import type { Service } from "./service.ts";

/** How a job of the night ended. */
export interface NightlyOutcome {
  readonly job: string;
  readonly outcome: "done" | "failed";
}

const KIND = "nightly";

/**
 * Does the work of the night that is due: each job once for every day, from 02:00 UTC on, in order. What a service
 * missed while it was down is made up for at its start; what fails is tried again at the next look and does not stop
 * the rest. The ledger is `runs`, so that no job is done twice.
 *
 * A new installation has nothing to make up for: its first night is the next.
 *
 * @returns what was done now; empty if nothing was due
 * @throws WarehouseUnavailable, WarehouseRefused if the ledger cannot be read
 */
export async function runNightly(
  service: Service,
  signal: AbortSignal,
  jobs: readonly NightlyJob[] = NIGHTLY_JOBS,
): Promise<readonly NightlyOutcome[]> {
  const dueMs = toNightlyDueMs(service.clock.nowMs());
  const ledger = await readLedger(service, dueMs);
  const outcomes: NightlyOutcome[] = [];
  for (const job of jobs) {
    if (signal.aborted) break;
    if (ledger.isDone(job.name) || !job.isWanted(service)) continue;
    const outcome = await runJob(service, job, signal, ledger.hasFailed(job.name));
    outcomes.push({ job: job.name, outcome });
  }
  return outcomes;
}

/** Tells whether {@link runNightly} has anything to do. Throws WarehouseUnavailable, WarehouseRefused if the ledger cannot be read. */
export async function isNightDue(service: Service, jobs: readonly NightlyJob[] = NIGHTLY_JOBS): Promise<boolean> {
  const entries = await readEntries(service, toNightlyDueMs(service.clock.nowMs()));
  return !entries.isBegun || jobs.some((job) => job.isWanted(service) && !entries.ledger.isDone(job.name));
}

/** What happened to the jobs since a night was due. */
interface Ledger {
  isDone(job: string): boolean;
  hasFailed(job: string): boolean;
}

/** Reads the ledger; one that is quite empty is begun, and this night counts as done. */
async function readLedger(service: Service, dueMs: EpochMs): Promise<Ledger> {
  const { isBegun, ledger } = await readEntries(service, dueMs);
  if (isBegun) return ledger;
  await writeEntry(service, { job: "", startedMs: service.clock.nowMs(), outcome: "begun", detail: {} });
  return { isDone: () => true, hasFailed: () => false };
}

async function readEntries(
  { warehouse }: Service,
  dueMs: EpochMs,
): Promise<{ readonly isBegun: boolean; readonly ledger: Ledger }> {
  const rows = await warehouse.rows<{ job: string; outcome: string; last: string }>({
    sql: `SELECT subject AS job, outcome, toString(toUnixTimestamp64Milli(max(started_at))) AS last
          FROM runs WHERE kind = {kind:String} GROUP BY job, outcome`,
    parameters: { kind: KIND },
  });
  const has = (name: string, wanted: string) =>
    rows.some(({ job, outcome, last }) => job === name && outcome === wanted && Number(last) >= dueMs);
  return {
    isBegun: rows.some(({ outcome }) => outcome === "begun"),
    ledger: { isDone: (job) => has("", "begun") || has(job, "done"), hasFailed: (job) => has(job, "failed") },
  };
}

async function runJob(
  service: Service,
  { name, run }: NightlyJob,
  signal: AbortSignal,
  hasFailed: boolean,
): Promise<"done" | "failed"> {
  const { clock, logger } = service;
  const startedMs = clock.nowMs();
  try {
    const detail = await run(service, signal);
    await writeEntry(service, { job: name, startedMs, outcome: "done", detail });
    logger.info("a job of the night is done", { job: name, ...detail });
    return "done";
  } catch (error) {
    logger.error("a job of the night failed; it is tried again in ten minutes", { job: name, ...toErrorFacts(error) });
    // One entry a night: it is tried every ten minutes.
    if (!hasFailed) {
      const entry = { job: name, startedMs, outcome: "failed", detail: { reason: toReason(error) } } as const;
      await writeEntry(service, entry).catch(() => undefined); // the warehouse may be what failed; the log has told
    }
    return "failed";
  }
}

/** Why something failed, for the ledger: our own sentences may be kept; those of others can quote what they choked on. */
export function toReason(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? error.name : typeof error;
}

async function writeEntry(
  { warehouse, clock }: Service,
  entry: {
    readonly job: string;
    readonly startedMs: EpochMs;
    readonly outcome: "begun" | "done" | "failed";
    readonly detail: object;
  },
): Promise<void> {
  const row = {
    id: randomUUID(),
    kind: KIND,
    subject: entry.job,
    started_at: toStoreTime(entry.startedMs),
    ended_at: toStoreTime(clock.nowMs()),
    outcome: entry.outcome,
    detail: JSON.stringify(entry.detail),
  };
  await warehouse.insertRows("runs", [row]);
}
