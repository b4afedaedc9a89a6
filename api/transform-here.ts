import type { PseudonymKeys } from "../schemas/keyring.ts";
import type { Clock, Log, Warehouse } from "../schemas/ports.ts";
import type { FollowedJournal } from "../transform/journal-follow.ts";
import { NO_METRICS } from "../transform/metrics.ts";
import type { TransformThread } from "../transform/transform-thread.ts";
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
  readonly storeEpoch?: number;
}

/**
 * Starts the transform in this thread, on the service's own clock: a thread of its own could only use the machine's.
 * For simulations; a large batch holds up everything else here.
 */
export function openTransformHere(parts: TransformHereParts): TransformThread {
  const stopping = new AbortController();
  let metrics = NO_METRICS;
  let running = true;
  const ended = runTransform({
    ...parts,
    signal: stopping.signal,
    onMetrics: (latest) => {
      metrics = latest;
    },
  }).finally(() => {
    running = false;
  });
  ended.catch(() => undefined); // heard where it is stopped
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { isRunning: () => running, metrics: () => metrics, stop, [Symbol.asyncDispose]: stop };
}
