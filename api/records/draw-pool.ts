import { Worker } from "node:worker_threads";
import type { DrawJob, Drawn } from "./draw-job.ts";

const ENTRY = new URL("./draw-thread.ts", import.meta.url);
/** A record takes some 40 ms. One that takes this long will never end. */
const JOB_MS_MAX = 120_000;
/** Far more than any record needs: one that is monstrous ends its thread, not this process. */
const HEAP_MB_MAX = 512;

/** What a pool is run with. */
export interface DrawPoolOptions {
  /** Threads that draw at the same time; at least 1. */
  readonly threads: number;
  /** Nothing more is begun once it is aborted. */
  readonly signal: AbortSignal;
  /** Hears of each job when it has ended. */
  onDrawn(job: DrawJob, drawn: Drawn): void;
  /** Default: two minutes. */
  readonly jobMsMax?: number;
}

/**
 * Does jobs in threads, each taking the next as soon as it is free, until there are no more.
 *
 * A job that fails, never ends, or takes its thread with it is told of as a problem and holds up no other.
 * Throws what `jobs` throws, once what was begun has ended.
 */
export async function runDrawPool(jobs: AsyncGenerator<DrawJob>, options: DrawPoolOptions): Promise<void> {
  const lanes = Array.from({ length: options.threads }, () => runLane(jobs, options));
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function runLane(jobs: AsyncGenerator<DrawJob>, options: DrawPoolOptions): Promise<void> {
  let worker: Worker | undefined;
  try {
    while (!options.signal.aborted) {
      const next = await jobs.next();
      if (next.done === true) return;
      worker ??= new Worker(ENTRY, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX } });
      const { drawn, isAlive } = await drawIn(worker, next.value, options.jobMsMax ?? JOB_MS_MAX);
      if (!isAlive) worker = undefined;
      options.onDrawn(next.value, drawn);
    }
  } finally {
    await worker?.terminate();
  }
}

/** One job in a thread; whether the thread can be given another. */
function drawIn(worker: Worker, job: DrawJob, msMax: number): Promise<{ drawn: Drawn; isAlive: boolean }> {
  return new Promise((resolve) => {
    const settle = (drawn: Drawn, isAlive: boolean) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      if (!isAlive) worker.on("error", () => undefined); // whatever else it says at its end was told
      resolve({ drawn, isAlive });
    };
    const onMessage = (drawn: Drawn) => settle(drawn, true);
    const onError = (error: Error) => settle({ problem: `its thread ended: ${error.message}` }, false);
    const onExit = (code: number) => settle({ problem: `its thread ended with code ${code}` }, false);
    const timer = setTimeout(() => {
      void worker.terminate();
      settle({ problem: `it was not drawn within ${msMax / 1_000} s` }, false);
    }, msMax);
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage(job);
  });
}
