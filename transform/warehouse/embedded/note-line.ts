import type { FromEngine, ToEngine } from "./messages.ts";
import type { AnalystQuery, NoteQuery } from "./query-note.ts";

/** A note that is not taken within this time is not taken. */
const NOTE_TIMEOUT_MS = 30_000;

/** The engine's end of the line on which queries are noted by the process that started it. */
export interface NoteLine {
  readonly note: NoteQuery;
  /** Takes the answer to a note. */
  answer(message: Extract<ToEngine, { kind: "noted" }>): void;
}

/** Opens the line over IPC. */
export function openNoteLine(tell: (message: FromEngine) => void): NoteLine {
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  let last = 0;
  return {
    async note(query: AnalystQuery) {
      const id = ++last;
      const taken = Promise.withResolvers<void>();
      const timer = setTimeout(() => taken.reject(new Error("Cannot note a query: no answer came")), NOTE_TIMEOUT_MS);
      waiting.set(id, taken);
      try {
        tell({ kind: "asked", id, query });
        await taken.promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
    answer({ id, isNoted }) {
      if (isNoted) waiting.get(id)?.resolve();
      else waiting.get(id)?.reject(new Error("Cannot note a query: it was not taken"));
    },
  };
}
