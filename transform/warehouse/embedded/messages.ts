import type { AnalystTables } from "./analyst-reach.ts";
import type { WarehouseUser } from "./http-front.ts";
import type { AnalystQuery } from "./query-note.ts";

/** What the supervisor tells the engine's process, over IPC: passwords are on no command line and in no environment. */
export type ToEngine =
  | {
      readonly kind: "open";
      readonly folder: string;
      /** 0 for any free port of loopback. */
      readonly port: number;
      readonly users: readonly WarehouseUser[];
      /** What users of the role analyst may read; absent: nothing. */
      readonly analystTables: AnalystTables | undefined;
      readonly memoryBytesMax: number;
      readonly backupsFolder: string | undefined;
      /** Whether the queries of analysts are to be told, and wait for the answer. */
      readonly notes: boolean;
    }
  /** Who may come in from now on. */
  | { readonly kind: "users"; readonly users: readonly WarehouseUser[] }
  /** The answer to `asked`. */
  | { readonly kind: "noted"; readonly id: number; readonly isNoted: boolean }
  | { readonly kind: "close" };

/** What the engine's process answers. */
export type FromEngine =
  | { readonly kind: "ready"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  /** An analyst's query that has run and is not answered before it is noted. */
  | { readonly kind: "asked"; readonly id: number; readonly query: AnalystQuery }
  /** All that was under way has ended: the process goes. */
  | { readonly kind: "closed" };
