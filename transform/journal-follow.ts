import { type Decision, JournalBook, type JournalRecord, type JournalState } from "../schemas/journal.ts";
import { type Log, LogUnavailable, type StoredRecord } from "../schemas/ports.ts";
import { type BackOff, toBackOffMs, waitMs } from "./back-off.ts";

/** An entry that this release cannot read: what it decides is not known, so nothing may go on. */
export class JournalUnreadable extends Error {
  override readonly name = "JournalUnreadable";
}

/** The journal's state, kept current. */
export interface FollowedJournal {
  /** What the entries read so far say. */
  state(): JournalState;
  /**
   * Resolves once every entry that was in the journal at the time of the call is in the state. An event is appended
   * after the decisions that its collector knew of, so a reader of events asks here before it decides.
   *
   * @throws LogUnavailable if the log cannot say how far it reaches, or following was stopped before
   * @throws JournalUnreadable if an entry cannot be read
   */
  caughtUp(): Promise<void>;
}

const RETRY: BackOff = { firstMs: 50, maxMs: 2_000 };

/**
 * Reads the whole journal, then follows it until `signal` aborts.
 *
 * @throws LogUnavailable if the log cannot be read now
 * @throws JournalUnreadable if an entry cannot be read
 */
export async function followJournal(log: Log, signal: AbortSignal): Promise<FollowedJournal> {
  const follower = new JournalFollower(log, signal);
  void follower.run();
  await follower.caughtUp();
  return follower;
}

class JournalFollower implements FollowedJournal {
  readonly #log: Log;
  readonly #signal: AbortSignal;
  readonly #state = new JournalBook();
  #failure: Error | undefined;
  /** The offset after the last entry read, by partition. */
  readonly #next = new Map<number, number>();
  #moved = Promise.withResolvers<void>();

  constructor(log: Log, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#tellMoved(), { once: true });
  }

  state(): JournalState {
    return this.#state;
  }

  async caughtUp(): Promise<void> {
    const ends = await this.#log.ends("journal");
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if ([...ends].every(([partition, end]) => (this.#next.get(partition) ?? 0) >= end)) return;
      if (this.#signal.aborted) {
        throw new LogUnavailable("Cannot read the rest of the journal: following it was stopped; follow it again");
      }
      await this.#moved.promise;
    }
  }

  /** Follows until the signal aborts; never throws: a failure is told to whoever asks. */
  async run(): Promise<void> {
    for (let tries = 1; !this.#signal.aborted && this.#failure === undefined; tries++) {
      try {
        for await (const { partition, last, records } of this.#log.follow("journal", this.#signal)) {
          for (const record of records) {
            // A follower that had to start again reads from the first entry; what is known is skipped.
            if (record.offset >= (this.#next.get(partition) ?? 0)) {
              this.#state.add(parseEntry(record));
            }
          }
          this.#next.set(partition, Math.max(last + 1, this.#next.get(partition) ?? 0));
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

  #tellMoved(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}

/** Fails closed: an entry of a newer release may be somebody's objection. */
function parseEntry({ offset, value }: StoredRecord): Decision {
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder().decode(value));
  } catch {
    record = undefined;
  }
  if (isRecord(record)) return record.decision;
  throw new JournalUnreadable(
    `Cannot read journal entry ${offset}: it must be one that this release knows; start a release that is at least as new as the one that wrote it`,
  );
}

function isRecord(record: unknown): record is JournalRecord {
  if (typeof record !== "object" || record === null) return false;
  const { v, decision } = record as { v?: unknown; decision?: { kind?: unknown } }; // looked at below
  return v === 1 && typeof decision?.kind === "string";
}
