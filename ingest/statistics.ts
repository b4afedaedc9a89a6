import { type Agent, SEALED_VERSION, type SealedStatistics, type StatisticsCell } from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";

/** One anonymous view: where, from which host, country and class of device, in which hour. Nothing of who. */
export interface View {
  /** Start of the hour, UTC. */
  readonly hourMs: EpochMs;
  readonly site: string;
  readonly path: string;
  readonly referrer: string;
  readonly country: string;
  readonly device: Agent["device"];
  readonly visit: boolean;
}

/** Sums of anonymous views. */
export interface Statistics {
  /** Adds views to the sums; resolves when a record that holds them is durable, rejects if it could not be appended. */
  count(views: readonly View[]): Promise<void>;
  /** All that is held in memory now: sums that are not appended yet. Empty after a flush. */
  held(): readonly StatisticsCell[];
}

/** Most cells of one record, so that it stays well under a megabyte and memory is bounded; a flush comes early then. */
const CELLS_MAX = 2_000;

interface Gathering {
  readonly cells: Map<string, StatisticsCell>;
  readonly flushed: PromiseWithResolvers<void>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Sums anonymous views in memory and appends them as one record every `flushMs`.
 *
 * Only sums are ever written, so nothing per visitor reaches a disk. Whoever asked to count waits for the flush that
 * holds the count: an answer is never given for what could still be lost.
 *
 * @param append makes one record durable; its rejection reaches everyone who waits, and the sums are let go, because
 * the senders will come again
 * @see GDPR Recital 26: anonymous information
 */
export function createStatistics(
  append: (value: Uint8Array) => Promise<void>,
  flushMs: number,
  cellsMax: number = CELLS_MAX,
): Statistics {
  let gathering: Gathering | undefined;

  const flush = (): void => {
    if (gathering === undefined) return;
    const { cells, flushed, timer } = gathering;
    gathering = undefined;
    clearTimeout(timer);
    const record: SealedStatistics = { kind: "statistics", v: SEALED_VERSION, cells: [...cells.values()] };
    append(Buffer.from(JSON.stringify(record))).then(flushed.resolve, flushed.reject);
  };

  return {
    count(views) {
      if (views.length === 0) return Promise.resolve();
      gathering ??= { cells: new Map(), flushed: Promise.withResolvers(), timer: setTimeout(flush, flushMs) };
      const { cells, flushed } = gathering;
      for (const view of views) addView(cells, view);
      if (cells.size >= cellsMax) flush();
      return flushed.promise;
    },
    held: () => [...(gathering?.cells.values() ?? [])],
  };
}

/** Adds one view to the cell that it belongs to. */
export function addView(cells: Map<string, StatisticsCell>, { visit, ...place }: View): void {
  const key = [place.hourMs, place.site, place.path, place.referrer, place.country, place.device].join("\n");
  const cell = cells.get(key);
  cells.set(key, { ...place, views: (cell?.views ?? 0) + 1, visits: (cell?.visits ?? 0) + (visit ? 1 : 0) });
}
