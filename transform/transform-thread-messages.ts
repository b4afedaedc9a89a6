import type { LogRecord } from "../schemas/ports.ts";
import type { TransformMetrics } from "./metrics.ts";

/** What the transform's thread tells its parent. */
export type FromThread =
  | { readonly kind: "ready" }
  /** The whole journal was read just now. */
  | { readonly kind: "journal" }
  | { readonly kind: "metrics"; readonly metrics: TransformMetrics }
  | {
      readonly kind: "log";
      readonly level: "info" | "warn";
      readonly sentence: string;
      readonly facts: Readonly<Record<string, number | string>>;
    }
  /** Only one thread may append to an embedded log, so quarantined records go through it. Answered by `appended`. */
  | { readonly kind: "append"; readonly number: number; readonly records: readonly LogRecord[] };

/** What the parent tells the transform's thread. */
export type ToThread =
  | { readonly kind: "stop" }
  | { readonly kind: "appended"; readonly number: number; readonly failed: boolean };
