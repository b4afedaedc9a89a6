import type { MessagePort } from "node:worker_threads";
import { type LogRecord, LogUnavailable } from "../schemas/ports.ts";
import type { TransformMetrics } from "./metrics.ts";
import type { FromThread, ToThread } from "./transform-thread-messages.ts";
import type { TransformLogger } from "./worker.ts";

/** The parent, as the transform's thread sees it. */
export interface Parent extends Disposable {
  /** Aborts when the parent asks the thread to stop. */
  readonly signal: AbortSignal;
  readonly logger: TransformLogger;
  /** Says that everything is open and the transform runs. */
  tellReady(): void;
  tellMetrics(metrics: TransformMetrics): void;
  /** Says that the thread knows all of the journal now. */
  tellJournalRead(): void;
  /** Appends to the `quarantine` stream over there. Throws `LogUnavailable`. */
  appendQuarantined(records: readonly LogRecord[]): Promise<void>;
}

/** Opens the thread's end of the line. Disposing it lets the thread end. */
export function openParent(port: MessagePort): Parent {
  const stopping = new AbortController();
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  const tell = (message: FromThread) => port.postMessage(message);
  let number = 0;

  port.on("message", (message: ToThread) => {
    if (message.kind === "stop") return stopping.abort();
    const answer = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.failed) {
      answer?.reject(new LogUnavailable("Cannot append to the quarantine now: the log must take records"));
    } else answer?.resolve();
  });

  return {
    signal: stopping.signal,
    logger: {
      info: (sentence, facts = {}) => tell({ kind: "log", level: "info", sentence, facts }),
      warn: (sentence, facts = {}) => tell({ kind: "log", level: "warn", sentence, facts }),
    },
    tellReady: () => tell({ kind: "ready" }),
    tellJournalRead: () => tell({ kind: "journal" }),
    tellMetrics: (metrics) => tell({ kind: "metrics", metrics }),
    appendQuarantined: (records) => {
      const answer = Promise.withResolvers<void>();
      waiting.set(++number, answer);
      tell({ kind: "append", number, records });
      return answer.promise;
    },
    [Symbol.dispose]: () => port.close(),
  };
}
