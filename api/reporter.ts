import { randomUUID } from "node:crypto";
import cron from "node-cron";
import { closeMonth } from "../reporting/close.ts";
import { CloseRefused } from "../reporting/close-plan.ts";
import { planCloses } from "../reporting/schedule.ts";
import { type EpochMs, type Month, toStoreTime } from "../schemas/ids.ts";
import { toUtcDay } from "./clocks/due.ts";
import { deliver, readDeliveries } from "./delivery/deliver.ts";
import { type Lease, takeLease } from "./lease.ts";
import { toErrorFacts } from "./logger.ts";
import { toNightMetricsText } from "./night-metrics.ts";
import { isNightDue, runNightly, toReason } from "./nightly.ts";
import { NIGHTLY_ACTOR } from "./nightly-jobs.ts";
import { listenForHealth, type RoleParts, type RunningRole } from "./roles.ts";
import { openService, type Service } from "./service.ts";
import { openWebhookTarget } from "./webhook/target.ts";
import { startTeller } from "./webhook/teller.ts";

/** Every ten minutes. What is due is read from the store, so that a look that was missed changes nothing. */
const LOOKS = "*/10 * * * *";

/** The turn that whoever closes, delivers or does the work of a night must have. */
export const REPORTER_LEASE = "reporter";

/** `roebuck reporter`: closes each month by itself on the day that the settings name, delivers it, and does the work of each night; makes up at start for what was missed. */
export async function openReporterRole(parts: RoleParts): Promise<RunningRole> {
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const service = opened.use(await openService({ ...parts, transforms: false }));
  const metrics = async () => (await service.metrics()) + (await toNightMetricsText(service));
  const server = opened.use(await listenForHealth(service.settings, service.checks, metrics));
  opened.use(startReporter(service));
  opened.use(startWebhook(service));
  const kept = opened.move();
  return { port: server.port, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Tells the CRM of closed records, if the settings say where. Throws CommandError if they cannot be used. */
export function startWebhook(service: Service): AsyncDisposable {
  const target = openWebhookTarget(service.settings);
  return target === undefined ? { [Symbol.asyncDispose]: async () => undefined } : startTeller(service, target);
}

/** Looks now and every ten minutes for what is due, and does it. Disposing waits for what is under way. */
export function startReporter(service: Service): AsyncDisposable {
  const stopping = new AbortController();
  let running: Promise<unknown> = doDue(service, stopping.signal);
  const task = cron.schedule(
    LOOKS,
    () => {
      running = running.then(() => doDue(service, stopping.signal));
      return running;
    },
    // UTC has no change of clocks, in which a local time may be missing or come twice.
    { timezone: "UTC", noOverlap: true, suppressMissedWarning: true },
  );
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await task.destroy();
      await running;
    },
  };
}

/**
 * Does what is due now: closes, then deliveries, then the work of the night. Of several processes one does it at a time,
 * and each finds in the ledger what others have done. What fails is told in the log, holds up nothing else and is tried
 * again at the next look.
 *
 * @returns false if nothing was due or another process is at it
 */
export async function doDue(service: Service, stopping: AbortSignal): Promise<boolean> {
  const { warehouse, logger } = service;
  try {
    if (stopping.aborted || !(await isAnythingDue(service))) return false;
    await using lease = await takeLease(warehouse, REPORTER_LEASE);
    if (lease === undefined) return false;
    const signal = AbortSignal.any([stopping, lease.signal]);
    await closeDue(service, signal);
    await deliverDue(service, lease, signal);
    await runNightly(service, signal);
    return true;
  } catch (error) {
    logger.error("the work that is due cannot be done; it is tried again in ten minutes", toErrorFacts(error));
    return false;
  }
}

/** The same questions as below, asked first, so that a look at which nothing is due writes nothing. */
async function isAnythingDue(service: Service): Promise<boolean> {
  if ((await readDueCloses(service)).length > 0 || (await isNightDue(service))) return true;
  return isDelivering(service) && (await readDeliveries(service, {})).deliveries.some(({ state }) => state === "due");
}

/** Who closes by hand delivers by hand. */
function isDelivering({ settings }: Service): boolean {
  return settings.closeDay > 0;
}

async function readDueCloses({ warehouse, clock, settings }: Service): Promise<readonly Month[]> {
  if (settings.closeDay === 0) return [];
  const nowMs = clock.nowMs();
  const noted = await warehouse.rows<{ month: Month; outcome: string }>({
    sql: `SELECT DISTINCT subject AS month, outcome FROM runs WHERE kind = 'scheduled close' AND
            (outcome = 'done' OR (outcome = 'refused' AND toDate(started_at) = {today:Date}))`,
    parameters: { today: toUtcDay(nowMs) },
  });
  const find = (wanted: string) => noted.filter(({ outcome }) => outcome === wanted).map(({ month }) => month);
  const refused = new Set(find("refused"));
  return planCloses(nowMs, settings.closeDay, find("done")).filter((month) => !refused.has(month));
}

async function closeDue(service: Service, signal: AbortSignal): Promise<void> {
  const { warehouse, clock, settings, logger } = service;
  try {
    for (const month of await readDueCloses(service)) {
      if (signal.aborted) return;
      const startedMs = clock.nowMs();
      try {
        await service.drain({ progress: () => undefined, signal });
        const { partners } = await closeMonth({ warehouse, clock, settings }, month);
        await noteClose(service, { month, startedMs, outcome: "done", detail: { partners: partners.length } });
        logger.info("a month was closed by schedule", { month, partners: partners.length });
      } catch (error) {
        const isRefused = error instanceof CloseRefused;
        const [outcome, reason] = isRefused
          ? (["refused", error.message] as const)
          : (["failed", toReason(error)] as const);
        await noteClose(service, { month, startedMs, outcome, detail: { reason } });
        if (!isRefused) throw error;
        // Waiting changes nothing for this month: once a day is enough, and the later ones need not wait with it.
        logger.error("a month that is due cannot be closed any more; the runs say why", { month });
      }
    }
  } catch (error) {
    logger.error("a month that is due could not be closed; it is tried again in ten minutes", toErrorFacts(error));
  }
}

/** A month is noted as done once, and as failed or refused once a day. */
async function noteClose(
  { warehouse, clock }: Service,
  close: {
    readonly month: Month;
    readonly startedMs: EpochMs;
    readonly outcome: "done" | "failed" | "refused";
    readonly detail: object;
  },
): Promise<void> {
  const { month, startedMs, outcome, detail } = close;
  const row = {
    id: randomUUID(),
    kind: "scheduled close",
    subject: month,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(clock.nowMs()),
    outcome,
    detail: JSON.stringify(detail),
  };
  const once = outcome === "done" ? month : `${month}:${toUtcDay(startedMs)}`;
  await warehouse.insertRows("runs", [row], `scheduled-close:${outcome}:${once}`);
}

async function deliverDue(service: Service, lease: Lease, signal: AbortSignal): Promise<void> {
  if (!isDelivering(service)) return;
  try {
    await deliver(service, {}, NIGHTLY_ACTOR, { lease, signal });
  } catch (error) {
    service.logger.error(
      "records that are due could not be delivered; it is tried again in ten minutes",
      toErrorFacts(error),
    );
  }
}
