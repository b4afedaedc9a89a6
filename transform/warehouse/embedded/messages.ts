import type { AnalystTables } from "./analyst-reach.ts";
import type { WarehouseUser } from "./http-front.ts";

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
    }
  /** Who may come in from now on. */
  | { readonly kind: "users"; readonly users: readonly WarehouseUser[] }
  | { readonly kind: "close" };

/** What the engine's process answers. */
export type FromEngine =
  | { readonly kind: "ready"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  /** All that was under way has ended: the process goes. */
  | { readonly kind: "closed" };
