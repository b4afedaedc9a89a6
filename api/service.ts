import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Check } from "../ingest/health.ts";
import { openSqliteLog } from "../ingest/log/sqlite-log.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { JournalEntry, JournalState } from "../schemas/journal.ts";
import type { Clock, Log, Warehouse } from "../schemas/ports.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import { followJournal } from "../transform/journal-follow.ts";
import { startTransformThread, type TransformThread } from "../transform/transform-thread.ts";
import { openClickhouseWarehouse } from "../transform/warehouse/clickhouse-warehouse.ts";
import { findHolder, toEngineFolder } from "../transform/warehouse/embedded/engine-folder.ts";
import { openEmbeddedWarehouse } from "../transform/warehouse/embedded/supervisor.ts";
import { migrate, toTableSettings } from "../transform/warehouse/migrate.ts";
import { CommandError, type CommandIo } from "./command.ts";
import { toKeysFolder, toLogFolder, toWarehouseFolder } from "./folders.ts";
import { type KeyFiles, openKeyFiles } from "./key-files.ts";
import type { Logger } from "./logger.ts";
import { toMetricsText } from "./transform-metrics-text.ts";
import type { TransformThreadData } from "./transform-thread-entry.ts";

/** Where ClickHouse is, and as whom to ask it. */
export interface WarehouseAccess {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The stores and the transform of one installation, open: what every command works on. */
export interface Service extends AsyncDisposable {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: Log;
  readonly warehouse: Warehouse;
  /** The analysts' way in: may read, nothing else. */
  readonly readerAccess: WarehouseAccess;
  readonly keyFiles: KeyFiles;
  /** What must be well for the service to be ready. */
  readonly checks: readonly Check[];
  journal(): JournalState;
  /** Writes decisions to the journal; resolves when they are durable and in force here. */
  decide(entries: readonly JournalEntry[]): Promise<void>;
  /** Resolves when everything that was on the log when it was called is stored. Throws CommandError if the warehouse does not take it. */
  drain(io: Pick<CommandIo, "progress" | "signal">): Promise<void>;
  /** Records on the log that are not stored yet. */
  backlog(): Promise<number>;
  /** Everything that was on the log at this instant (UTC) is stored. 0 until that was seen once. */
  storedUntilMs(): EpochMs;
  /** Prometheus lines of the transform and the log. */
  metrics(): Promise<string>;
}

/** What a service is opened with. */
export interface ServiceOptions {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly logger: Logger;
  /** Default: this machine's. */
  readonly clock?: Clock;
}

/** How long a drain waits without any progress before it gives up, ms. */
const STALLED_MS_MAX = 120_000;
const POLL_MS = 25;
/** Longest wait for the engine of a killed service to end, ms. */
const ORPHAN_MS_MAX = 10_000;
const HOUR_MS = 3_600_000;

const machineClock: Clock = { nowMs: () => toEpochMs(Date.now()) };

/**
 * Opens log, keys, warehouse and transform. Only one process at a time may have a data folder open.
 *
 * @throws Error if the folder is in use, a store is damaged, or a migration does not fit; the message says what to do
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { settings, sites, logger, clock = machineClock } = options;
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const log = opened.use(
    await openSqliteLog({
      folder: toLogFolder(settings),
      clock,
      role: "writer",
      onEvent: (notice) => logger.warn("the log has something to say", { notice: notice.what }),
    }),
  );
  const keyFiles = openKeyFiles(toKeysFolder(settings), sites);
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  const journal = await followJournal(log, stopping.signal);
  const access = await openAccess(settings, logger, opened);
  const warehouse = opened.use(openClickhouseWarehouse(access.writer));
  await migrate(warehouse, {
    values: {
      retention_days: settings.retentionDays,
      table_settings: toTableSettings(settings.minFreeDiskMb * 1_048_576),
    },
  });
  const transform = opened.use(
    await startTransformThread({
      entry: new URL("./transform-thread-entry.ts", import.meta.url),
      data: toThreadData(settings, access.writer, keyFiles),
      log,
      logger,
    }),
  );
  const kept = opened.move();
  return {
    settings,
    sites,
    clock,
    logger,
    log,
    warehouse,
    readerAccess: access.reader,
    keyFiles,
    checks: toChecks(log, warehouse, transform),
    journal: () => journal.state(),
    async decide(entries) {
      if (entries.length === 0) return;
      await log.append(
        "journal",
        entries.map((entry) => ({ key: "journal", value: Buffer.from(JSON.stringify(entry)) })),
      );
      await journal.caughtUp();
    },
    drain: (io) => drain(log, transform, io),
    backlog: async () => transform.metrics().lag,
    storedUntilMs: () => transform.metrics().storedUntilMs,
    metrics: async () => toMetricsText(transform.metrics(), transform.isRunning()),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The embedded engine in the data folder with passwords of its own for each start, or the server that the settings name. */
async function openAccess(
  settings: Settings,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<{ writer: WarehouseAccess; reader: WarehouseAccess }> {
  const database = settings.clickhouseDatabase;
  if (settings.clickhouseUrl !== "") {
    const server = {
      url: settings.clickhouseUrl,
      user: settings.clickhouseUser,
      password: settings.clickhousePassword,
      database,
    };
    return { writer: server, reader: server };
  }
  await waitForOrphan(toWarehouseFolder(settings));
  const writer = { user: "roebuck", password: randomBytes(24).toString("base64url") };
  const reader = { user: "analyst", password: randomBytes(24).toString("base64url") };
  const engine = opened.use(
    await openEmbeddedWarehouse({
      folder: toWarehouseFolder(settings),
      users: [
        { name: writer.user, password: writer.password, role: "admin" },
        { name: reader.user, password: reader.password, role: "reader" },
      ],
      memoryBytesMax: settings.embeddedMemoryMb * 1_048_576,
      onEvent: ({ kind, exitCode, signal }) => {
        if (kind === "died")
          logger.error("the warehouse's process died; it is started again", {
            exitCode: exitCode ?? undefined,
            signal: signal ?? undefined,
          });
      },
    }),
  );
  return { writer: { url: engine.url, database, ...writer }, reader: { url: engine.url, database, ...reader } };
}

/**
 * The log's lock is ours, so whoever still has the warehouse open is the engine of a service that was killed. It
 * finishes what it had begun and ends by itself; until then the folder cannot be opened.
 */
async function waitForOrphan(folder: string): Promise<void> {
  const untilMs = performance.now() + ORPHAN_MS_MAX;
  while (performance.now() < untilMs && (await findHolder(toEngineFolder(resolve(folder)))) !== undefined) {
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

function toChecks(log: Log, warehouse: Warehouse, transform: TransformThread): readonly Check[] {
  return [
    { name: "log", check: async () => (await log.ends("events")).size > 0 },
    { name: "warehouse", check: () => warehouse.ping() },
    { name: "transform", check: async () => transform.isRunning() },
  ];
}

async function drain(
  log: Log,
  transform: TransformThread,
  { progress, signal }: Pick<CommandIo, "progress" | "signal">,
): Promise<void> {
  const askedMs = Date.now(); // the thread judges by the machine's clock, whatever clock the service shows
  const ends = await log.ends("events");
  const toLeft = () => {
    const { stored, storedUntilMs } = transform.metrics();
    if (storedUntilMs >= askedMs) return 0;
    return [...ends].reduce((sum, [partition, end]) => sum + Math.max(0, end - (stored[partition] ?? 0)), 0);
  };
  const total = toLeft();
  let left = total;
  let movedMs = performance.now();
  for (;;) {
    const now = toLeft();
    if (now === 0) return;
    if (now < left) movedMs = performance.now();
    left = now;
    progress("records stored", total - left, total);
    if (signal.aborted)
      throw new CommandError("Stopped. What is on the log is stored as soon as the service runs again.");
    if (performance.now() - movedMs > STALLED_MS_MAX) {
      throw new CommandError(
        `Cannot go on: ${left} records wait on the log and the warehouse has taken none for ${STALLED_MS_MAX / 1_000} s. Nothing is lost; run \`roebuck check\`.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function toThreadData(settings: Settings, warehouse: WarehouseAccess, keyFiles: KeyFiles): TransformThreadData {
  return {
    logFolder: toLogFolder(settings),
    warehouse,
    keyFile: keyFiles.pseudonymFile,
    settings: {
      batchRecordsMax: settings.batchRecordsMax,
      batchWaitMs: settings.batchWaitMs,
      lateMsMax: settings.lateHoursMax * HOUR_MS,
      futureMsMax: settings.futureMinutesMax * 60_000,
      retentionMs: settings.retentionDays * 24 * HOUR_MS,
    },
  };
}
