import type { Decision } from "../schemas/journal.ts";
import { type Log, LogUnavailable } from "../schemas/ports.ts";
import { type BackOff, toBackOffMs, waitMs } from "./back-off.ts";
import { toHash } from "./journal-chain.ts";
import type { FollowedJournal } from "./journal-follow.ts";

/** The key of every entry of the journal: one order over all. */
export const JOURNAL_KEY = "journal";

const RETRY: BackOff = { firstMs: 5, maxMs: 500 };
const TRIES_MAX = 30;
/** What every log surely keeps together. */
const PIECE_BYTES_MAX = 256 * 1_024;

/** Writes decisions to the journal; resolves when they are durable and in the state of the journal given. */
export type Decide = (decisions: readonly Decision[]) => Promise<void>;

/**
 * Makes the one writer of the journal of this process. Writers of several processes may write at once: who finds that
 * another was first writes again on top of that.
 *
 * What it resolves to throws LogUnavailable if the log is away, or others were first {@link TRIES_MAX} times; the
 * decisions may then stand in the journal or not, and writing them again does no harm. Throws JournalTampered,
 * JournalUnreadable if the journal cannot be trusted.
 */
export function createDecide(log: Pick<Log, "append">, journal: FollowedJournal): Decide {
  let before: Promise<unknown> = Promise.resolve();
  return (decisions) => {
    const written = before.then(() => write(log, journal, decisions));
    before = written.catch(() => undefined); // the caller has the error
    return written;
  };
}

async function write(
  log: Pick<Log, "append">,
  journal: FollowedJournal,
  decisions: readonly Decision[],
): Promise<void> {
  await journal.caughtUp();
  let left = decisions;
  for (let tries = 1; left.length > 0; tries++) {
    if (tries > TRIES_MAX) {
      throw new LogUnavailable(
        `Cannot write to the journal: others wrote first ${TRIES_MAX} times; the same call may succeed later`,
      );
    }
    if (tries > 1) await waitMs(toBackOffMs(tries - 1, RETRY, 1));
    const written = await appendEntries(log, journal, journal.toEntries(left));
    left = left.slice(written);
  }
}

/**
 * Appends entries and tells how many of them hold, counted from the first.
 *
 * They go in pieces that a log keeps together, and each only once the one before it holds: so what loses a race always
 * begins at a place that is taken, and is known for a loser also when what it lost to is gone.
 */
export async function appendEntries(
  log: Pick<Log, "append">,
  journal: FollowedJournal,
  entries: readonly Uint8Array[],
): Promise<number> {
  const { count } = journal.head();
  let written = 0;
  while (written < entries.length) {
    const piece = toPiece(entries.slice(written));
    await log.append(
      "journal",
      piece.map((value) => ({ key: JOURNAL_KEY, value })),
    );
    await journal.caughtUp();
    const first = count + written + 1;
    const lost = piece.findIndex((value, index) => !journal.holds({ count: first + index, hash: toHash(value) }));
    if (lost !== -1) return written + lost;
    written += piece.length;
  }
  return written;
}

/** As many entries from the first on as one append keeps together; never none. */
function toPiece(entries: readonly Uint8Array[]): readonly Uint8Array[] {
  let bytes = 0;
  const end = entries.findIndex((entry) => {
    bytes += entry.byteLength;
    return bytes > PIECE_BYTES_MAX;
  });
  return end === -1 ? entries : entries.slice(0, Math.max(1, end));
}
