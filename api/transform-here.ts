import type { PseudonymKeys } from "../schemas/keyring.ts";
import type { Clock, Log, Warehouse } from "../schemas/ports.ts";
import type { FollowedJournal } from "../transform/journal-follow.ts";
import { NO_METRICS, type TransformMetrics } from "../transform/metrics.ts";
import type { TransformThread } from "../transform/transform-thread.ts";
import { requireStoreEpoch } from "../transform/warehouse/store-epoch.ts";
import { runTransform, type TransformLogger, type TransformSettings } from "../transform/worker.ts";

/** What a transform in this thread works with. */
export interface TransformHereParts {
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly journal: FollowedJournal;
  readonly keys: () => Promise<PseudonymKeys>;
  /** The service's clock, which a simulation may set. */
  readonly clock: Clock;
  readonly settings: TransformSettings;
  readonly logger: TransformLogger;
}

/**
 * Starts the transform in this thread, on the service's own clock: a thread of its own could only use the machine's.
 * For simulations; a large batch holds up everything else here.
 *
 * @throws Error while a restore is not whole
 */
export async function openTransformHere(parts: TransformHereParts): Promise<TransformThread> {
  const metrics = { latest: NO_METRICS };
  let life = await startLife(parts, metrics);
  const stop = async () => {
    life.stopping.abort();
    await life.ended;
  };
  return {
    isRunning: () => life.isRunning(),
    isJournalCurrent: () => true, // it reads the service's own, which the service watches
    metrics: () => metrics.latest,
    pause: stop,
    async resume() {
      if (!life.isRunning()) life = await startLife(parts, metrics);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function startLife(parts: TransformHereParts, metrics: { latest: TransformMetrics }) {
  const storeEpoch = await requireStoreEpoch(parts.warehouse);
  const stopping = new AbortController();
  let running = true;
  const onMetrics = (latest: TransformMetrics) => {
    metrics.latest = latest;
  };
  const ended = runTransform({ ...parts, storeEpoch, signal: stopping.signal, onMetrics }).finally(() => {
    running = false;
  });
  ended.catch(() => undefined); // heard where it is stopped
  return { stopping, ended, isRunning: () => running };
}
