import { randomUUID } from "node:crypto";
import { closeMonth } from "../reporting/close.ts";
import { planCloses } from "../reporting/schedule.ts";
import { type Month, toStoreTime } from "../schemas/ids.ts";
import { toErrorFacts } from "./logger.ts";
import { toNightMetricsText } from "./night-metrics.ts";
import { runNightly } from "./nightly.ts";
import { listenForHealth, type RoleParts, type RunningRole } from "./roles.ts";
import { openService, type Service } from "./service.ts";
import { openWebhookTarget } from "./webhook/target.ts";
import { startTeller } from "./webhook/teller.ts";

const LOOK_INTERVAL_MS = 600_000;

/** `roebuck reporter`: closes each month by itself on the day that the settings name, and does the work of each night; makes up at start for what was missed. */
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

/** Looks now and every ten minutes for months and nightly work that are due, and does them. Disposing waits for what is under way. */
export function startReporter(service: Service): AsyncDisposable {
  const stopping = new AbortController();
  let running = doDue(service, stopping.signal);
  const timer = setInterval(() => {
    running = running.then(() => doDue(service, stopping.signal));
  }, LOOK_INTERVAL_MS);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

async function doDue(service: Service, signal: AbortSignal): Promise<void> {
  await closeDue(service, signal);
  try {
    await runNightly(service, signal);
  } catch (error) {
    service.logger.error("the work of the night cannot begin; it is tried again in ten minutes", toErrorFacts(error));
  }
}

async function closeDue(service: Service, signal: AbortSignal): Promise<void> {
  const { warehouse, clock, settings, logger } = service;
  if (settings.closeDay === 0 || signal.aborted) return;
  try {
    const done = await warehouse.rows<{ month: Month }>({
      sql: "SELECT DISTINCT subject AS month FROM runs WHERE kind = 'scheduled close' AND outcome = 'done'",
    });
    const due = planCloses(
      clock.nowMs(),
      settings.closeDay,
      done.map(({ month }) => month),
    );
    for (const month of due) {
      const startedMs = clock.nowMs();
      await service.drain({ progress: () => undefined, signal });
      const report = await closeMonth({ warehouse, clock, settings }, month);
      const row = {
        id: randomUUID(),
        kind: "scheduled close",
        subject: month,
        started_at: toStoreTime(startedMs),
        ended_at: toStoreTime(clock.nowMs()),
        outcome: "done",
        detail: JSON.stringify({ partners: report.partners.length }),
      };
      await warehouse.insertRows("runs", [row], `scheduled-close:${month}`);
      logger.info("a month was closed by schedule", { month, partners: report.partners.length });
    }
  } catch (error) {
    logger.error("a month that is due could not be closed; it is tried again in ten minutes", toErrorFacts(error));
  }
}
