import type { CollectorServer } from "../ingest/server.ts";
import { expireLog } from "./clocks/log-expiry.ts";
import type { ServiceCommand } from "./command.ts";
import { openControl } from "./control.ts";
import { startExportExpiry } from "./exports/expiry.ts";
import { toErrorFacts } from "./logger.ts";
import { toNightMetricsText } from "./night-metrics.ts";
import { startReporter, startWebhook } from "./reporter.ts";
import { listenForBeacons, openCollectorGate } from "./roles.ts";
import type { Service } from "./service.ts";

const EXPIRE_INTERVAL_MS = 600_000;

/** A service that takes beacons and commands. */
export interface Listening extends AsyncDisposable {
  /** Base address of the collector. */
  readonly url: string;
  readonly server: CollectorServer;
}

/** Starts the collector and the control channel of an open service. Disposing stops taking beacons, finishes what is in flight, then ends. */
export async function listen(service: Service, commands: readonly ServiceCommand[]): Promise<Listening> {
  const { settings, keyFiles } = service;
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const gate = openCollectorGate(keyFiles.store, service);
  const metrics = async () => (await service.metrics()) + (await toNightMetricsText(service));
  const server = opened.use(await listenForBeacons({ ...service, keys: keyFiles.collectorKeys, gate, metrics }));
  opened.use(await openControl(settings.dataDir, service, commands));
  opened.use(startReporter(service));
  opened.use(startWebhook(service));
  opened.use(startExportExpiry(service));
  const timer = setInterval(() => void expire(service), EXPIRE_INTERVAL_MS);
  opened.defer(() => clearInterval(timer));
  await expire(service);
  const kept = opened.move();
  const host = settings.host === "0.0.0.0" ? "127.0.0.1" : settings.host;
  return { url: `http://${host}:${server.port}`, server, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function expire(service: Service): Promise<void> {
  try {
    const { events, quarantine } = await expireLog(service);
    if (events + quarantine > 0) service.logger.info("expired records left the log", { removed: events + quarantine });
  } catch (error) {
    service.logger.error("cannot expire the log; it is tried again in ten minutes", toErrorFacts(error));
  }
}
