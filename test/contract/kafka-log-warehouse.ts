import { setTimeout as pause } from "node:timers/promises";
import { type LogBatch, type LogConsumer, LogUnavailable, RangeLost } from "../../schemas/ports.ts";
import { toTexts } from "./log-suite.ts";

/** What a warehouse that drops repeated tokens holds, by token: partition and range. */
export class TokenWarehouse {
  readonly #inserted = new Map<string, readonly string[]>();

  /** Throws if a token comes with other records than before, or with some that another token has. */
  insert({ partition, first, last, records }: LogBatch): void {
    const token = `${partition}:${first}-${last}`;
    const texts = toTexts(records);
    const before = this.#inserted.get(token);
    if (before !== undefined && before.join() !== texts.join()) throw new Error(`${token} came with other records`);
    this.#inserted.set(token, texts);
  }

  /** Every record as often as it counts. */
  get texts(): readonly string[] {
    return [...this.#inserted.values()].flat();
  }
}

/** How a transform works through a log: outages are waited for, a range that was lost is dropped. */
export interface Drain {
  readonly warehouse: TokenWarehouse;
  readonly recordsMax: number;
  readonly signal: AbortSignal;
  /** Called between the insert and `done`. */
  readonly beforeDone?: () => Promise<void>;
}

/** Takes, notes, inserts and ends ranges until told to stop. Answers how many were lost to other members. */
export async function drain(
  consumer: LogConsumer,
  { warehouse, recordsMax, signal, beforeDone }: Drain,
): Promise<number> {
  let lost = 0;
  const insist = async <T>(work: () => Promise<T>): Promise<T | "lost" | "stopped"> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof RangeLost) return "lost";
        if (!(error instanceof LogUnavailable)) throw error;
        if (signal.aborted) return "stopped";
        await pause(50);
      }
    }
  };
  while (!signal.aborted) {
    const batch = await insist(() => consumer.next({ recordsMax, bytesMax: 1e6, waitMs: 200 }));
    if (batch === undefined || typeof batch === "string") continue;
    const begun = await insist(() => consumer.begin(batch));
    if (begun === "lost") lost += 1;
    if (typeof begun === "string") continue;
    warehouse.insert(batch);
    await beforeDone?.();
    if ((await insist(() => consumer.done(batch))) === "lost") lost += 1;
  }
  return lost;
}
