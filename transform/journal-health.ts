import { waitMs } from "./back-off.ts";
import type { FollowedJournal } from "./journal-follow.ts";

/** A decision is in force everywhere within this time, or the process that does not know of it says that it is not ready; milliseconds. */
export const JOURNAL_BEHIND_MS_MAX = 60_000;

/** How often is asked whether the journal can be read. */
const LOOK_MS = 5_000;

/** Whether the journal can be relied on. */
export interface JournalHealth {
  /** False once no reading of the whole journal that began in the last minute has ended well. */
  isCurrent(): boolean;
}

/** What a watch is started with. */
export interface JournalWatch {
  readonly journal: Pick<FollowedJournal, "caughtUp">;
  /** Milliseconds of a clock that only goes forward. */
  elapsedMs(): number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  /** Told each time the whole journal was read. */
  onRead?(): void;
  /** How often it asks, milliseconds; default 5 s. */
  readonly lookMs?: number;
}

/** Watches that the journal stays readable, also while nobody asks anything of it. It counts as read at the start. */
export function watchJournal(watch: JournalWatch): JournalHealth {
  let readMs = watch.elapsedMs();
  const look = async () => {
    while (!watch.signal.aborted) {
      const askedMs = watch.elapsedMs();
      try {
        await watch.journal.caughtUp();
        readMs = askedMs;
        watch.onRead?.();
      } catch {
        // Whoever needs the journal is told why; here only the silence counts.
      }
      await waitMs(watch.lookMs ?? LOOK_MS, watch.signal);
    }
  };
  void look();
  return { isCurrent: () => watch.elapsedMs() - readMs <= JOURNAL_BEHIND_MS_MAX };
}
