import type { Refusal } from "./problem.ts";
import { RecentMap } from "./recent-map.ts";

/** Ids that are remembered at most, of which the last half surely; some 10 MB when full. */
const IDS_MAX = 65_536;
/** How long an id surely is remembered if there is room, ms; at most twice as long, if ids go on coming. */
const REMEMBERED_MS_MIN = 1_800_000;

type Kept = Promise<Refusal | undefined>;

/**
 * Remembers what was kept a short while ago, so that what comes again is not kept again where only sums are.
 *
 * Senders come again when an answer is slow, bad or lost. What a person did has its id beside it in the store; a sum has
 * none, so the ids are remembered here: random, of no person, in memory alone and never written. Bounded in number and
 * in time: a restart, another collector and a flood of new ids forget.
 */
export class Repeats {
  readonly #recent: RecentMap<Kept>;
  #agedMs: number | undefined;

  constructor(idsMax: number = IDS_MAX) {
    this.#recent = new RecentMap(idsMax);
  }

  /**
   * Has those items kept whose id is not known, and answers once all are kept: also those that came a moment ago and
   * are being kept still. What was refused is forgotten, so that it may come again.
   *
   * @param nowMs of a clock that only goes forward
   * @param keep is called at most once, with the first item of each new id
   * @returns the refusal of what this call or the one before it could not keep
   */
  keepOnce<Item extends { readonly id: string }>(
    items: readonly Item[],
    nowMs: number,
    keep: (fresh: readonly Item[]) => Kept,
  ): Kept {
    this.#age(nowMs);
    const fresh = new Map<string, Item>();
    const awaited = new Set<Kept>();
    for (const item of items) {
      const known = this.#recent.get(item.id);
      if (known !== undefined) awaited.add(known);
      else if (!fresh.has(item.id)) fresh.set(item.id, item);
    }
    if (fresh.size > 0) awaited.add(this.#remember([...fresh.keys()], keep([...fresh.values()])));
    return Promise.all(awaited).then((outcomes) => outcomes.find((refusal) => refusal !== undefined));
  }

  #remember(ids: readonly string[], kept: Kept): Kept {
    for (const id of ids) this.#recent.set(id, kept);
    const forget = () => {
      for (const id of ids) if (this.#recent.get(id) === kept) this.#recent.delete(id);
    };
    kept.then((refusal) => refusal !== undefined && forget(), forget);
    return kept;
  }

  #age(nowMs: number): void {
    this.#agedMs ??= nowMs;
    const periods = Math.floor((nowMs - this.#agedMs) / REMEMBERED_MS_MIN);
    if (periods >= 1) this.#recent.age();
    if (periods >= 2) this.#recent.age(); // after so long a silence nothing is young enough
    this.#agedMs += periods * REMEMBERED_MS_MIN;
  }
}
