import { mkdirSync } from "node:fs";
import { toEpochMs } from "../../schemas/ids.ts";
import type { Clock, Log, Warehouse } from "../../schemas/ports.ts";
import type { Settings, Site } from "../../schemas/settings.ts";
import { followJournal } from "../../transform/journal-follow.ts";
import { createDecide } from "../../transform/journal-write.ts";
import { createKeyGuard } from "../../transform/known-keys.ts";
import type { CommandIo } from "../command-io.ts";
import type { KeyFiles } from "../key-files.ts";
import type { Logger } from "../logger.ts";
import { isShared, openLog } from "../open-log.ts";
import { type OpenWarehouse, openWarehouse } from "../open-warehouse.ts";
import { openPatiently } from "../patience.ts";
import { drainLog, MACHINE_CLOCK, type Service, toThreadData } from "../service.ts";
import { openTransformHere } from "../transform-here.ts";

/** What a restore is started with. */
export interface RestoreParts {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly logger: Logger;
  /** Default: this machine's. */
  readonly clock?: Clock;
}

/** The stores of an installation that serves nobody. */
export interface RestoreHouse extends AsyncDisposable {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: OpenWarehouse;
  readonly warehouse: Warehouse;
}

/** What the clocks and the people's rights work on while nobody is served. */
export type RestoreService = Pick<
  Service,
  | "settings"
  | "clock"
  | "warehouse"
  | "log"
  | "keyFiles"
  | "journal"
  | "followed"
  | "decide"
  | "drain"
  | "storedUntilMs"
  | "logger"
>;

/**
 * Opens log and warehouse, and nothing that serves.
 *
 * @throws Error if a service has the data folder open, or a store is damaged or away
 */
export async function openRestoreHouse(parts: RestoreParts): Promise<RestoreHouse> {
  const { settings, sites, logger, clock = MACHINE_CLOCK } = parts;
  await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const waitMs = settings.startWaitSeconds * 1_000;
  const log = opened.use(await openPatiently("log", waitMs, logger, () => openLog(settings, "writer", clock, logger)));
  const store = opened.use(await openPatiently("warehouse", waitMs, logger, () => openWarehouse(settings, logger)));
  const kept = opened.move();
  return {
    settings,
    sites,
    logger,
    clock,
    log,
    store,
    warehouse: store.warehouse,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What works on a journal that was put in force; ends with the signal. Throws JournalTampered, JournalUnreadable, LogUnavailable. */
export async function toRestoreService(
  { settings, clock, warehouse, log, logger }: RestoreHouse,
  keyFiles: KeyFiles,
  signal: AbortSignal,
): Promise<RestoreService> {
  const followed = await followJournal(log, signal);
  return {
    settings,
    clock,
    warehouse,
    log,
    logger,
    keyFiles,
    followed,
    journal: () => followed.state(),
    decide: createDecide(log, followed),
    drain: (io) => drainLog(log, io),
    storedUntilMs: () => toEpochMs(0), // nothing leaves the log by its hours now
  };
}

/**
 * Stores what is on the log, under the journal as it is now.
 *
 * @returns false where other processes store: they do it as soon as they run
 * @throws CommandError if the warehouse does not take it
 */
export async function storeBacklog(
  house: RestoreHouse,
  { followed, keyFiles, log, warehouse, clock, logger }: RestoreService,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<boolean> {
  if (isShared(house.settings)) return false;
  const { limits } = toThreadData(house.settings, house.store.writerAccess, "");
  const guard = createKeyGuard(() => followed.state().keyEvents);
  const keys = async () => guard(keyFiles.pseudonymKeys());
  await using _ = await openTransformHere({ log, warehouse, journal: followed, clock, settings: limits, logger, keys });
  await drainLog(log, io);
  return true;
}
