import {
  type Decision,
  JournalBook,
  type JournalHead,
  type JournalRecord,
  type JournalState,
} from "../schemas/journal.ts";
import { type Log, LogUnavailable } from "../schemas/ports.ts";
import { type BackOff, toBackOffMs, waitMs } from "./back-off.ts";
import { isCarried, JournalChain, JournalTampered } from "./journal-chain.ts";

/** A place in the log. */
export interface JournalPlace {
  readonly partition: number;
  readonly offset: number;
}

/** The journal's state, kept current. */
export interface FollowedJournal {
  /** What the entries read so far say. A live view: it moves on while it is held. */
  state(): JournalState;
  /**
   * Resolves once every entry that was in the journal at the time of the call is in the state. An event is appended
   * after the decisions that its collector knew of, so a reader of events asks here before it decides.
   *
   * @throws LogUnavailable if the log cannot say how far it reaches, or following was stopped before
   * @throws JournalUnreadable if an entry cannot be read
   * @throws JournalTampered if an entry does not follow from those before
   */
  caughtUp(): Promise<void>;
  /** How far the entries read so far reach. */
  head(): JournalHead;
  /** Whether the journal once ended like that. */
  hasHead(head: JournalHead): boolean;
  /** Whether the journal as it lies in the log has this entry. One that a carry-over has removed is not seen. */
  holds(entry: JournalHead): boolean;
  /** The entries that these decisions become if nobody writes before. With `carrying`, they are a carry-over. */
  toEntries(decisions: readonly Decision[], carrying?: boolean): readonly Uint8Array[];
  /** Where the last complete carry-over begins: what lies before it is not needed. `undefined` if there is none. */
  carriedAt(): JournalPlace | undefined;
}

const RETRY: BackOff = { firstMs: 50, maxMs: 2_000 };

/**
 * Reads the whole journal, then follows it until `signal` aborts.
 *
 * @throws LogUnavailable if the log cannot be read now
 * @throws JournalUnreadable, JournalTampered if an entry cannot be trusted
 */
export async function followJournal(log: Pick<Log, "follow" | "ends">, signal: AbortSignal): Promise<FollowedJournal> {
  const follower = new JournalFollower(log, signal);
  void follower.run();
  await follower.caughtUp();
  return follower;
}

/** A carry-over that is being read. */
interface Carrying {
  readonly number: number;
  readonly place: JournalPlace;
  readonly book: JournalBook;
}

class JournalFollower implements FollowedJournal {
  readonly #log: Pick<Log, "follow" | "ends">;
  readonly #signal: AbortSignal;
  readonly #state = new JournalBook();
  #chain = new JournalChain();
  #failure: Error | undefined;
  #carrying: Carrying | undefined;
  #carriedAt: JournalPlace | undefined;
  /** True while the journal began with a carry-over whose end was not seen. */
  #isPartial = false;
  /** The offset after the last entry read, by partition. */
  readonly #next = new Map<number, number>();
  #moved = Promise.withResolvers<void>();

  constructor(log: Pick<Log, "follow" | "ends">, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#tellMoved(), { once: true });
  }

  state(): JournalState {
    return this.#state;
  }

  head(): JournalHead {
    return this.#chain.head();
  }

  hasHead(head: JournalHead): boolean {
    return this.#chain.hasHead(head);
  }

  holds(entry: JournalHead): boolean {
    return this.#chain.holds(entry);
  }

  toEntries(decisions: readonly Decision[], carrying = false): readonly Uint8Array[] {
    return this.#chain.next(decisions, carrying);
  }

  carriedAt(): JournalPlace | undefined {
    return this.#carriedAt;
  }

  async caughtUp(): Promise<void> {
    await this.#reach(await this.#log.ends("journal"));
    // Who was behind may stand in the midst of a carry-over that came later than the question.
    if (this.#isPartial) await this.#reach(await this.#log.ends("journal"));
    if (!this.#isPartial) return;
    throw new JournalTampered(
      "Cannot trust the journal: it begins with a carry-over that does not end. Put the journal back with `roebuck restore --journal`.",
    );
  }

  /** Follows until the signal aborts; never throws: a failure is told to whoever asks. */
  async run(): Promise<void> {
    for (let tries = 1; !this.#signal.aborted && this.#failure === undefined; tries++) {
      try {
        for await (const { partition, last, records } of this.#log.follow("journal", this.#signal)) {
          for (const { offset, value } of records) {
            // A follower that had to start again reads from the first entry; what is known is skipped.
            if (offset >= this.#toNext(partition)) this.#read(value, { partition, offset });
          }
          this.#next.set(partition, Math.max(last + 1, this.#toNext(partition)));
          tries = 1;
          this.#tellMoved();
        }
      } catch (error) {
        if (!(error instanceof LogUnavailable)) {
          this.#failure = error instanceof Error ? error : new Error(String(error));
          this.#tellMoved();
          return;
        }
      }
      await waitMs(toBackOffMs(tries, RETRY, 1), this.#signal);
    }
  }

  async #reach(ends: ReadonlyMap<number, number>): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if ([...ends].every(([partition, end]) => this.#toNext(partition) >= end)) return;
      if (this.#signal.aborted) {
        throw new LogUnavailable("Cannot read the rest of the journal: following it was stopped; follow it again");
      }
      await this.#moved.promise;
    }
  }

  #read(value: Uint8Array, place: JournalPlace): void {
    // What comes after a gap may be a carry-over: it removed what was not read yet.
    if (place.offset > this.#toNext(place.partition) && isCarried(value)) this.#chain = new JournalChain();
    const isFirst = this.#chain.head().count === 0;
    const entry = this.#chain.read(value);
    this.#next.set(place.partition, place.offset + 1);
    if (entry === "void") return;
    this.#carry(entry.record, place, isFirst);
    this.#state.add(entry.record.decision);
  }

  /** A carry-over holds only if nothing was written in between; its end replaces all that was before. */
  #carry({ number, decision, carry }: JournalRecord, place: JournalPlace, isFirst: boolean): void {
    if (decision.kind === "carried") {
      this.#carrying = { number, place, book: new JournalBook() };
      if (isFirst && number > 1) this.#isPartial = true;
      return;
    }
    const carrying = this.#carrying;
    if (carrying === undefined) return;
    if (carry !== carrying.number) {
      this.#carrying = undefined;
      return;
    }
    carrying.book.add(decision);
    if (decision.kind !== "carried_end") return;
    this.#state.become(carrying.book);
    this.#carriedAt = carrying.place;
    this.#carrying = undefined;
    this.#isPartial = false;
  }

  #toNext(partition: number): number {
    return this.#next.get(partition) ?? 0;
  }

  #tellMoved(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
