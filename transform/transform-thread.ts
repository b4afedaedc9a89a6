import { Worker } from "node:worker_threads";
import { toEpochMs } from "../schemas/ids.ts";
import type { Log } from "../schemas/ports.ts";
import { type BackOff, toBackOffMs, waitMs } from "./back-off.ts";
import { JOURNAL_BEHIND_MS_MAX } from "./journal-health.ts";
import { NO_METRICS, type TransformMetrics } from "./metrics.ts";
import type { FromThread, ToThread } from "./transform-thread-messages.ts";
import type { TransformLogger } from "./worker.ts";

/** How the thread is started. */
export interface TransformThreadOptions {
  /** The module that the thread runs: it opens log, warehouse, journal and keys, and runs the transform. */
  readonly entry: URL;
  /** What the entry needs to know: data that can be cloned. */
  readonly data: unknown;
  /** Takes the records that the thread could not read: the thread's own log only reads. */
  readonly log: Pick<Log, "append">;
  readonly logger: TransformLogger;
  /** How long a stop waits before the thread is ended as it is, milliseconds; default 9 s. */
  readonly stopMsMax?: number;
}

/** A transform that runs off the caller's event loop. */
export interface TransformThread extends AsyncDisposable {
  /** True while a thread is up and has opened everything it needs. */
  isRunning(): boolean;
  /** False if the thread has not told for a minute that it could read the journal; true while none is meant to run. */
  isJournalCurrent(): boolean;
  /** What the thread last said. Counts start again with each thread; positions do not. */
  metrics(): TransformMetrics;
  /** Finishes the range in flight and stores nothing more until {@link resume}. What comes waits on the log. */
  pause(): Promise<void>;
  /** Goes on after a pause. Throws Error if it cannot; then it keeps trying by itself. */
  resume(): Promise<void>;
  /** Finishes the range in flight and ends the thread, or, if that takes too long, leaves it to be repeated. */
  stop(): Promise<void>;
}

/** Room for what a batch leaves behind, so that it is swept up cheaply and not kept first; MB. */
const YOUNG_MB = 64;
const STOP_MS_MAX = 9_000;
const RESTART: BackOff = { firstMs: 100, maxMs: 10_000 };

/**
 * Starts the transform in a thread of its own, so that a large batch never holds up the collector. Starts it again,
 * with back-off, whenever it dies.
 *
 * @throws Error if the first thread ends before it has opened everything it needs
 */
export async function startTransformThread(options: TransformThreadOptions): Promise<TransformThread> {
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements TransformThread {
  readonly #options: TransformThreadOptions;
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #running = false;
  #journalReadMs = performance.now();
  #metrics = NO_METRICS;
  #ended: Promise<void> = Promise.resolve();
  /** The end of the life that is running. */
  #life: Promise<void> = Promise.resolve();
  #pause: PromiseWithResolvers<void> | undefined;

  constructor(options: TransformThreadOptions) {
    this.#options = options;
  }

  isRunning(): boolean {
    return this.#running;
  }

  isJournalCurrent(): boolean {
    return this.#pause !== undefined || performance.now() - this.#journalReadMs <= JOURNAL_BEHIND_MS_MAX;
  }

  metrics(): TransformMetrics {
    return this.#metrics;
  }

  /** Resolves when the first thread is ready; then keeps one running until it is stopped. */
  async start(): Promise<void> {
    const first = this.#run();
    await first.ready;
    this.#ended = this.#keepRunning(first.ended);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pause?.resolve();
    await this.#endLife(this.#ended);
  }

  /** A life that does not end in time is cut off: its range is repeated by the next. */
  async pause(): Promise<void> {
    this.#pause ??= Promise.withResolvers();
    await this.#endLife(this.#life);
  }

  async resume(): Promise<void> {
    const pause = this.#pause;
    if (pause === undefined || this.#stopping.signal.aborted) return;
    this.#pause = undefined;
    const { ready } = this.#run();
    pause.resolve();
    await ready;
  }

  async #endLife(ended: Promise<void>): Promise<void> {
    this.#tell({ kind: "stop" });
    const late = new AbortController();
    void waitMs(this.#options.stopMsMax ?? STOP_MS_MAX, late.signal).then(() =>
      late.signal.aborted ? undefined : this.#worker?.terminate(),
    );
    await ended;
    late.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #keepRunning(first: Promise<void>): Promise<void> {
    let life = first;
    for (let tries = 1; ; tries++) {
      await life;
      if (this.#stopping.signal.aborted) return;
      if (this.#pause !== undefined) await this.#pause.promise;
      else {
        this.#options.logger.warn("the transform's thread ended; it is started again", { tries });
        await waitMs(toBackOffMs(tries, RESTART, Math.random()), this.#stopping.signal);
      }
      if (this.#stopping.signal.aborted) return;
      if (this.#pause !== undefined) continue;
      if (this.#life === life) {
        this.#run().ready.then(
          () => {
            tries = 1;
          },
          () => undefined, // its end follows
        );
      }
      life = this.#life;
    }
  }

  /** One life of the thread. `ended` never rejects. */
  #run(): { readonly ready: Promise<void>; readonly ended: Promise<void> } {
    const worker = new Worker(this.#options.entry, {
      workerData: this.#options.data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker = worker;
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.#life = ended.promise;
    worker.on("message", (message: FromThread) => {
      if (message.kind === "ready") {
        this.#running = true;
        this.#journalReadMs = performance.now();
        ready.resolve();
      } else void this.#hear(worker, message);
    });
    worker.on("error", (error) => {
      this.#options.logger.warn("the transform's thread failed", {
        error: error instanceof Error ? error.name : "unknown",
      });
      ready.reject(error);
    });
    worker.once("exit", () => {
      this.#running = false;
      ready.reject(new Error("Cannot start the transform: its thread ended before it was ready"));
      ended.resolve();
    });
    return { ready: ready.promise, ended: ended.promise };
  }

  async #hear(worker: Worker, message: Exclude<FromThread, { kind: "ready" }>): Promise<void> {
    switch (message.kind) {
      case "journal":
        this.#journalReadMs = performance.now();
        break;
      case "metrics":
        this.#metrics = withPositions(message.metrics, this.#metrics);
        break;
      case "log":
        this.#options.logger[message.level](message.sentence, message.facts);
        break;
      case "append": {
        const { number, records } = message;
        const failed = await this.#options.log.append("quarantine", records).then(
          () => false,
          () => true, // the thread tries again, and says so
        );
        worker.postMessage({ kind: "appended", number, failed } satisfies ToThread);
      }
    }
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }
}

/** A new thread does not know yet how far the one before it was. Pure. */
function withPositions(latest: TransformMetrics, before: TransformMetrics): TransformMetrics {
  return {
    ...latest,
    stored: { ...before.stored, ...latest.stored },
    storedUntilMs: toEpochMs(Math.max(before.storedUntilMs, latest.storedUntilMs)),
  };
}
