/**
 * Sessions by kind of work. Each runs one statement at a time, in parallel with the others.
 *
 * Inserts have a session of their own and are serialised; `reader` and `analyst` sessions are read-only for good,
 * which the engine itself enforces (nothing that a statement says lifts it). A reader's statement ends after five
 * minutes unless it asks for longer, an analyst's after two, and it has a quarter of the engine's memory at most. `tally`
 * counts the rows beside an insert, and `control` is kept free for ending others.
 */
export const LANES = {
  read: { sessionsMax: 6, opening: {} },
  reader: { sessionsMax: 4, opening: { max_execution_time: "300", readonly: "2" } },
  analyst: { sessionsMax: 3, opening: { max_execution_time: "120", readonly: "2" } },
  write: { sessionsMax: 1, opening: {} },
  tally: { sessionsMax: 1, opening: {} },
  administration: { sessionsMax: 2, opening: {} },
  control: { sessionsMax: 1, opening: {} },
} as const satisfies Record<string, { sessionsMax: number; opening: Readonly<Record<string, string>> }>;

/** A statement without its rows, in bytes: long lists of ids come in statements and their parameters. */
export const STATEMENT_BYTES_MAX: number = 16 * 1024 ** 2;

/** The kind of session that a statement runs in. */
export type LaneName = keyof typeof LANES;

/** Threads that libuv must have: one for each statement that can run at once, and some for files and zlib. */
export const THREADS_MIN: number = Object.values(LANES).reduce((sum, lane) => sum + lane.sessionsMax, 4);
