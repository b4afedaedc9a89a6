import { mkdirSync } from "node:fs";
import type { Check } from "../ingest/health.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { JournalState } from "../schemas/journal.ts";
import type { Clock, Log, Warehouse } from "../schemas/ports.ts";
import type { Settings, Site } from "../schemas/settings.ts";
import { type FollowedJournal, followJournal } from "../transform/journal-follow.ts";
import { type JournalHealth, watchJournal } from "../transform/journal-health.ts";
import { createDecide, type Decide } from "../transform/journal-write.ts";
import { startTransformThread, type TransformThread } from "../transform/transform-thread.ts";
import type { ClickhouseOptions } from "../transform/warehouse/clickhouse-warehouse.ts";
import { checkSchema } from "../transform/warehouse/migrate.ts";
import { readStoreEpoch } from "../transform/warehouse/store-epoch.ts";
import { TRANSFORM_GROUP } from "../transform/worker.ts";
import { dropClones } from "./backups/clones.ts";
import { refuseRestoring, toUnfinished } from "./backups/restoring-mark.ts";
import { CommandError, type CommandIo } from "./command-io.ts";
import { toKeysFolder } from "./folders.ts";
import { type KeyFiles, openKeyFiles } from "./key-files.ts";
import { admitAnalysts } from "./keys/analyst-list.ts";
import { toKeyFile } from "./keys/file-key-store.ts";
import { witnessKeys } from "./keys/known-at-open.ts";
import { openKeyStore } from "./keys/open-key-store.ts";
import type { Logger } from "./logger.ts";
import { isShared, openLog } from "./open-log.ts";
import { type AnalystDoor, openWarehouse } from "./open-warehouse.ts";
import { openPatiently } from "./patience.ts";
import { openQueryNotes } from "./query-notes.ts";
import { openTransformHere } from "./transform-here.ts";
import { toMetricsText } from "./transform-metrics-text.ts";
import type { TransformThreadData } from "./transform-thread-entry.ts";
import { guardKeyReader, openPseudonymReader } from "./transform-thread-keys.ts";

/** The stores of one installation, open, and where this process runs it the transform: what every command works on. */
export interface Service extends AsyncDisposable {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: Log;
  readonly warehouse: Warehouse;
  /** The analysts' way in: may read, nothing else. */
  readonly readerAccess: ClickhouseOptions;
  /** Where analysts' own tools come in; absent if the warehouse is a server, which has accounts of its own. */
  readonly analystDoor: AnalystDoor | undefined;
  readonly keyFiles: KeyFiles;
  /** What must be well for the service to be ready. */
  readonly checks: readonly Check[];
  journal(): JournalState;
  /** The journal itself: how far it reaches, whether it can be trusted. */
  readonly followed: FollowedJournal;
  /** Writes decisions to the journal; resolves when they are durable and in force here. */
  readonly decide: Decide;
  /** Resolves when everything that was on the log when it was called is stored. Throws CommandError if the warehouse does not take it. */
  drain(io: Pick<CommandIo, "progress" | "signal">): Promise<void>;
  /** Records on the log that are not stored yet. */
  backlog(): Promise<number>;
  /** Everything that was on the log at this instant (UTC) is stored. 0 until that was seen once, or if another process stores. */
  storedUntilMs(): EpochMs;
  /**
   * Keeps this process from storing events until the answer is disposed: what comes waits on the log. Other processes
   * go on.
   */
  pauseTransform(): Promise<TransformPause>;
  /** Prometheus lines of the transform and the log. */
  metrics(): Promise<string>;
}

/** A time in which this process stores no events; disposing ends it. */
export interface TransformPause extends AsyncDisposable {
  /** False: the transform runs in other processes, which go on. */
  readonly isPaused: boolean;
}

/** What a service is opened with. */
export interface ServiceOptions {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly logger: Logger;
  /** Default: this machine's. */
  readonly clock?: Clock;
  /**
   * Whether this process transforms. Default: only if nobody else can, because the log lies in the data folder.
   * `here`: in this thread and on the clock above, for simulations; a thread of its own uses the machine's.
   */
  readonly transforms?: boolean | "here";
}

/** How long a drain waits without any progress before it gives up, ms. */
const STALLED_MS_MAX = 120_000;
const POLL_MS = 25;
const HOUR_MS = 3_600_000;

/** This machine's clock. */
export const MACHINE_CLOCK: Clock = { nowMs: () => toEpochMs(Date.now()) };

/**
 * Opens log, keys, warehouse and, where it is due, the transform. With an embedded log only one process at a time may
 * have a data folder open.
 *
 * @throws Error if the folder is in use, a store is damaged or away, or a migration does not fit; the message says what to do
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const { settings, sites, logger, clock = MACHINE_CLOCK, transforms = !isShared(settings) } = options;
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  refuseRestoring(settings);
  const waitMs = settings.startWaitSeconds * 1_000;
  const log = opened.use(await openPatiently("log", waitMs, logger, () => openLog(settings, "writer", clock, logger)));
  const heldKeys = openKeyFiles(openKeyStore(settings), sites);
  const stopping = new AbortController();
  opened.defer(() => stopping.abort());
  const journal = await followJournal(log, stopping.signal);
  const store = opened.use(await openPatiently("warehouse", waitMs, logger, () => openWarehouse(settings, logger)));
  await refuseUnfinished(store.warehouse);
  // A backup that was killed has left them. On shared stores one may be under way.
  if (!isShared(settings)) await dropClones(store.warehouse);
  const witness = { keyFiles: heldKeys, clock, warehouse: store.warehouse, logger, decide: createDecide(log, journal) };
  const { keyFiles, decide } = await witnessKeys({ ...witness, journal: () => journal.state() });
  const notes = opened.use(openQueryNotes({ warehouse: store.warehouse, clock, logger }));
  store.analystDoor?.noteBy(notes.note);
  admitAnalysts(store.analystDoor, keyFiles.store);
  const data = toThreadData(settings, store.writerAccess, toKeyFile(toKeysFolder(settings), "pseudonym"));
  const here = { log, warehouse: store.warehouse, journal, clock, settings: data.limits, logger };
  const keyEvents = () => journal.state().keyEvents;
  const transform =
    transforms === "here"
      ? opened.use(await openTransformHere({ ...here, keys: guardKeyReader(openPseudonymReader(data), keyEvents) }))
      : transforms
        ? opened.use(await openTransform(data, log, logger))
        : undefined;
  const health = watchJournal({ journal, elapsedMs: () => performance.now(), signal: stopping.signal });
  const kept = opened.move();
  return {
    settings,
    sites,
    clock,
    logger,
    log,
    warehouse: store.warehouse,
    readerAccess: store.readerAccess,
    analystDoor: store.analystDoor,
    keyFiles,
    checks: toChecks(log, store.warehouse, transform, health),
    journal: () => journal.state(),
    followed: journal,
    decide,
    drain: (io) => drainLog(log, io),
    backlog: async () => toLeft(await log.ends("events"), await log.positions("events", TRANSFORM_GROUP)),
    pauseTransform: async () => {
      await transform?.pause();
      return {
        isPaused: transform !== undefined || !isShared(settings),
        [Symbol.asyncDispose]: async () => transform?.resume(),
      };
    },
    storedUntilMs: () => transform?.metrics().storedUntilMs ?? toEpochMs(0),
    metrics: async () => (transform === undefined ? "" : toMetricsText(transform.metrics(), transform.isRunning())),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The data folder of another machine may be the one that has the mark. */
async function refuseUnfinished(warehouse: Warehouse): Promise<void> {
  const { restoring } = await readStoreEpoch(warehouse);
  if (restoring !== undefined) throw toUnfinished("the warehouse", restoring);
}

/** Starts the transform in a thread of this process. */
export function openTransform(
  data: TransformThreadData,
  log: Pick<Log, "append">,
  logger: Logger,
): Promise<TransformThread> {
  return startTransformThread({ entry: new URL("./transform-thread-entry.ts", import.meta.url), data, log, logger });
}

/** What the transform's thread must know, as data that can be cloned. */
export function toThreadData(settings: Settings, warehouse: ClickhouseOptions, keyFile: string): TransformThreadData {
  return {
    settings,
    warehouse,
    keyFile,
    limits: {
      batchRecordsMax: settings.batchRecordsMax,
      batchWaitMs: settings.batchWaitMs,
      lateMsMax: settings.lateHoursMax * HOUR_MS,
      futureMsMax: settings.futureMinutesMax * 60_000,
      retentionMs: settings.retentionDays * 24 * HOUR_MS,
    },
  };
}

/** What a process with these parts must find well to be ready. */
export function toChecks(
  log: Log,
  warehouse: Warehouse | undefined,
  transform: TransformThread | undefined,
  health?: JournalHealth,
): readonly Check[] {
  const isJournalCurrent = () => health?.isCurrent() !== false && transform?.isJournalCurrent() !== false;
  return [
    { name: "log", check: async () => (await log.ends("events")).size > 0 },
    { name: "journal", check: async () => isJournalCurrent() },
    ...(warehouse === undefined
      ? []
      : [
          { name: "warehouse", check: () => warehouse.ping() },
          { name: "schema", check: async () => (await checkSchema(warehouse)) === "current" },
        ]),
    ...(transform === undefined ? [] : [{ name: "transform", check: async () => transform.isRunning() }]),
  ];
}

/** As {@link Service.drain}. */
export async function drainLog(log: Log, { progress, signal }: Pick<CommandIo, "progress" | "signal">): Promise<void> {
  const ends = await log.ends("events");
  let total: number | undefined;
  let left = Number.POSITIVE_INFINITY;
  let movedMs = performance.now();
  for (;;) {
    const now = toLeft(ends, await log.positions("events", TRANSFORM_GROUP));
    if (now === 0) return;
    if (now < left) movedMs = performance.now();
    left = now;
    total ??= now;
    progress("records stored", total - left, total);
    if (signal.aborted) {
      throw new CommandError("Stopped. What is on the log is stored as soon as the service runs again.");
    }
    if (performance.now() - movedMs > STALLED_MS_MAX) {
      throw new CommandError(
        `Cannot go on: ${left} records wait on the log and none was stored for ${STALLED_MS_MAX / 1_000} s. Nothing is lost; run \`roebuck check\`.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function toLeft(ends: ReadonlyMap<number, number>, positions: ReadonlyMap<number, number>): number {
  let left = 0;
  for (const [partition, end] of ends) left += Math.max(0, end - (positions.get(partition) ?? 0));
  return left;
}
