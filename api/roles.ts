import { Hono } from "hono";
import { createCollector } from "../ingest/app.ts";
import { addBeaconRoute, buildBeacon } from "../ingest/beacon-script.ts";
import { openCountry } from "../ingest/country.ts";
import { addHealthRoutes, type Check } from "../ingest/health.ts";
import { noteTold } from "../ingest/note.ts";
import type { KeyGate } from "../ingest/parts.ts";
import { type CollectorServer, openServer } from "../ingest/server.ts";
import type { JournalState } from "../schemas/journal.ts";
import type { CollectorKeys } from "../schemas/keyring.ts";
import type { Clock, Log } from "../schemas/ports.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import { followJournal } from "../transform/journal-follow.ts";
import { watchJournal } from "../transform/journal-health.ts";
import { createDecide, type Decide } from "../transform/journal-write.ts";
import { openApiKeyReader } from "./access/api-keys.ts";
import { openGate } from "./access/gate.ts";
import { CommandError } from "./command-io.ts";
import { toKeysFolder } from "./folders.ts";
import { openCollectorKeyFile, openPseudonymKeyFile } from "./key-files.ts";
import { toKeyFile } from "./keys/file-key-store.ts";
import type { KeyStore } from "./keys/key-store.ts";
import { refuseOtherKeys } from "./keys/known-at-open.ts";
import { openKeyStore } from "./keys/open-key-store.ts";
import { type Logger, toErrorFacts } from "./logger.ts";
import { isShared, openLog } from "./open-log.ts";
import { openWarehouse } from "./open-warehouse.ts";
import { openPatiently } from "./patience.ts";
import { openRobots } from "./robots-file.ts";
import { MACHINE_CLOCK, openTransform, toChecks, toThreadData } from "./service.ts";
import { toMetricsText } from "./transform-metrics-text.ts";

/** What every role is started with. */
export interface RoleParts {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly logger: Logger;
}

/** A role that runs; dispose to stop it in order. */
export interface RunningRole extends AsyncDisposable {
  readonly port: number;
}

/** What a collector listens with. */
export interface CollectorListening {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly clock: Clock;
  readonly log: Log;
  readonly logger: Logger;
  readonly checks: readonly Check[];
  keys(): CollectorKeys;
  journal(): JournalState;
  readonly decide: Decide;
  metrics(): Promise<string>;
  /** Lets in servers that have an API key. */
  readonly gate: KeyGate;
}

/**
 * Lets in servers of the site by their API keys. Whoever is turned away with a right key is noted by way of the log,
 * because a collector knows no warehouse.
 */
export function openCollectorGate(
  store: KeyStore,
  parts: { readonly settings: Settings; readonly clock: Clock; readonly log: Log; readonly logger: Logger },
): KeyGate {
  return openGate({
    ...parts,
    keys: openApiKeyReader(store),
    async noteRefused(key, action, code) {
      try {
        await noteTold(parts, { key, action, detail: { refused: code } });
      } catch (error) {
        parts.logger.error("a refusal could not be noted", { action, code, ...toErrorFacts(error) });
      }
    },
  });
}

/** Starts the collector's server: the same whether it runs alone or in `serve`. */
export async function listenForBeacons(parts: CollectorListening): Promise<CollectorServer> {
  const { settings, sites, clock, log, logger, checks } = parts;
  const app = createCollector({
    log,
    clock,
    sites,
    settings,
    keys: parts.keys,
    journal: parts.journal,
    decide: parts.decide,
    country: await openCountry(settings),
    robots: openRobots(settings, logger),
    checks,
    extraMetrics: parts.metrics,
    gate: parts.gate,
    logger,
  });
  addBeaconRoute(app, buildBeacon());
  return openServer(app, { host: settings.host, port: settings.port });
}

/** `roebuck collector`: beacons to Kafka. Holds the seal and token keys, knows no warehouse. */
export async function openCollectorRole({ settings, sites, logger }: RoleParts): Promise<RunningRole> {
  checkShared(settings, "collector");
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  const store = openKeyStore(settings);
  const keys = openCollectorKeyFile(store, sites);
  const log = opened.use(await openRoleLog(settings, logger));
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  const journal = await followJournal(log, stopping.signal);
  refuseOtherKeys({ sealKey: keys.keys().sealKey }, journal.state());
  const health = watchJournal({ journal, elapsedMs: () => performance.now(), signal: stopping.signal });
  const server = opened.use(
    await listenForBeacons({
      settings,
      sites,
      clock: MACHINE_CLOCK,
      log,
      logger,
      checks: toChecks(log, undefined, undefined, health),
      keys: keys.keys,
      journal: () => journal.state(),
      decide: createDecide(log, journal),
      metrics: async () => "",
      gate: openCollectorGate(store, { settings, clock: MACHINE_CLOCK, log, logger }),
    }),
  );
  return toRunning(server.port, opened.move());
}

/** `roebuck transform`: Kafka to ClickHouse. Holds the pseudonym keys, takes no beacons. */
export async function openTransformRole({ settings, logger }: RoleParts): Promise<RunningRole> {
  checkShared(settings, "transform");
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  openPseudonymKeyFile(openKeyStore(settings));
  const keyFile = toKeyFile(toKeysFolder(settings), "pseudonym");
  const log = opened.use(await openRoleLog(settings, logger));
  const store = opened.use(
    await openPatiently("warehouse", settings.startWaitSeconds * 1_000, logger, () => openWarehouse(settings, logger)),
  );
  const transform = opened.use(await openTransform(toThreadData(settings, store.writerAccess, keyFile), log, logger));
  const checks = toChecks(log, store.warehouse, transform);
  const metrics = async () => toMetricsText(transform.metrics(), transform.isRunning());
  const server = opened.use(await listenForHealth(settings, checks, metrics));
  return toRunning(server.port, opened.move());
}

/** Serves `/healthz`, `/readyz` and `/metrics` of a role that takes no beacons. */
export function listenForHealth(
  settings: Settings,
  checks: readonly Check[],
  metrics: () => Promise<string>,
): Promise<CollectorServer> {
  const app = new Hono();
  addHealthRoutes(app, checks, metrics, () => performance.now());
  return openServer(app, { host: settings.host, port: settings.port });
}

function openRoleLog(settings: Settings, logger: Logger): Promise<Log> {
  return openPatiently("log", settings.startWaitSeconds * 1_000, logger, () =>
    openLog(settings, "writer", MACHINE_CLOCK, logger),
  );
}

function checkShared(settings: Settings, role: string): void {
  if (isShared(settings)) return;
  throw new CommandError(
    `Cannot run the ${role} by itself: the embedded log belongs to one process. Name Kafka in ROEBUCK_KAFKA_BROKERS, or run \`roebuck serve\`, which has every part.`,
  );
}

function toRunning(port: number, opened: AsyncDisposableStack): RunningRole {
  return { port, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
