import type { Clock, Warehouse } from "../schemas/ports.ts";
import type { AnalystQuery, NoteQuery } from "../transform/warehouse/embedded/query-note.ts";
import { writeAudit } from "./audit.ts";
import { type Logger, toErrorFacts } from "./logger.ts";

const ACTION = "views.query";
/** Repeats of a query are summed over this time, ms. */
const INTERVAL_MS = 3_600_000;
/** So many different queries of an analyst are told apart in that time; the rest are summed by the views they read. */
const DIGESTS_MAX = 200;

/** What notes queries works with. */
export interface QueryNotesService {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Notes of what analysts ask; disposing writes the sums that are still open. */
export interface QueryNotes extends AsyncDisposable {
  /** Throws as the warehouse does: then nothing must be told. */
  readonly note: NoteQuery;
  /** Ends the time over which repeats are summed, and writes the sums. */
  flush(): Promise<void>;
}

interface Seen {
  readonly actor: string;
  readonly what: Readonly<Record<string, string | number>>;
  /** The entry of the first of them. */
  readonly first: Promise<void>;
  repeats: number;
  rows: number;
  ms: number;
}

/**
 * Notes who asked for what in the audit trail: the first time within an hour that an analyst asks something, before the
 * answer leaves; repeats as one sum at the hour's end. So a dashboard that asks each second makes two entries an hour,
 * and a service that is killed loses how often something was asked again, never that it was.
 *
 * @see GDPR Art. 5(2), 32
 */
export function openQueryNotes(
  service: QueryNotesService,
  { intervalMs = INTERVAL_MS, digestsMax = DIGESTS_MAX }: { intervalMs?: number; digestsMax?: number } = {},
): QueryNotes {
  let seen = new Map<string, Seen>();
  const toWhat = ({ user, digest, tables, refused }: AnalystQuery): Seen["what"] => {
    if (refused !== undefined) return { refused };
    const views = tables.join(",");
    const known = [...seen.values()].filter(({ actor, what }) => actor === user && what.digest !== undefined);
    const isTold = known.length < digestsMax || known.some(({ what }) => what.digest === digest);
    return isTold ? { digest, views } : { views };
  };
  const flush = async (): Promise<void> => {
    const over = [...seen.values()];
    seen = new Map();
    for (const { actor, what, repeats, rows, ms } of over) {
      if (repeats === 0) continue;
      const sum = what.refused === undefined ? { rows, ms } : {};
      await writeAudit(service, { actor, action: ACTION, detail: { ...what, repeats, ...sum } }).catch((error) =>
        service.logger.error("how often analysts asked again could not be noted", toErrorFacts(error)),
      );
    }
  };
  const timer = setInterval(() => void flush(), intervalMs).unref();
  return {
    flush,
    async note(query) {
      const what = toWhat(query);
      const key = JSON.stringify([query.user, what]);
      const known = seen.get(key);
      if (known !== undefined) {
        known.repeats += 1;
        known.rows += query.rows;
        known.ms += query.elapsedMs;
        return known.first;
      }
      const took = query.refused === undefined ? { rows: query.rows, ms: query.elapsedMs } : {};
      const first = writeAudit(service, { actor: query.user, action: ACTION, detail: { ...what, ...took } });
      const now = seen;
      now.set(key, { actor: query.user, what, first, repeats: 0, rows: 0, ms: 0 });
      try {
        await first;
      } catch (error) {
        now.delete(key); // the next is a first one again
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
    },
  };
}
