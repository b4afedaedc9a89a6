import { parentPort, workerData } from "node:worker_threads";
import { toEpochMs } from "../schemas/ids.ts";
import type { Clock } from "../schemas/ports.ts";
import type { Settings } from "../schemas/settings.ts";
import { followJournal } from "../transform/journal-follow.ts";
import { watchJournal } from "../transform/journal-health.ts";
import { openParent } from "../transform/transform-thread-side.ts";
import { type ClickhouseOptions, openClickhouseWarehouse } from "../transform/warehouse/clickhouse-warehouse.ts";
import { requireStoreEpoch } from "../transform/warehouse/store-epoch.ts";
import { runTransform, type TransformSettings } from "../transform/worker.ts";
import { refuseOtherKeys } from "./keys/known-at-open.ts";
import { openLog } from "./open-log.ts";
import { guardKeyReader, openPseudonymReader } from "./transform-thread-keys.ts";

/**
 * What the transform's thread is started with.
 *
 * This module is the thread's entry: `startTransformThread({ entry: new URL("./transform-thread-entry.ts",
 * import.meta.url), data, ... })`. It opens its own reader of the log, because a thread cannot share one.
 */
export interface TransformThreadData {
  /** Which log to read; an embedded one is written by another thread of this machine. */
  readonly settings: Settings;
  readonly warehouse: ClickhouseOptions;
  /** The pseudonym key file. */
  readonly keyFile: string;
  readonly limits: TransformSettings;
}

if (parentPort === null) throw new Error("Cannot run the transform here: this module must be the entry of a thread");
using parent = openParent(parentPort);
const { settings, warehouse: access, keyFile, limits } = workerData as TransformThreadData; // the supervisor's
const clock: Clock = { nowMs: () => toEpochMs(Date.now()) };
const following = new AbortController();
await using log = await openLog(settings, "reader", clock, parent.logger);
await using warehouse = openClickhouseWarehouse(access);
const storeEpoch = await requireStoreEpoch(warehouse);
const journal = await followJournal(log, following.signal);
const keys = guardKeyReader(openPseudonymReader({ settings, keyFile }), () => journal.state().keyEvents);
refuseOtherKeys({ pseudonym: await keys() }, journal.state());
parent.tellReady();
watchJournal({
  journal,
  elapsedMs: () => performance.now(),
  signal: following.signal,
  onRead: parent.tellJournalRead,
});
await runTransform({
  log,
  warehouse,
  journal,
  keys,
  clock,
  settings: limits,
  logger: parent.logger,
  signal: parent.signal,
  storeEpoch,
  appendQuarantined: parent.appendQuarantined,
  onMetrics: parent.tellMetrics,
});
following.abort();
