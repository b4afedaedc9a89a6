import type { WarehouseUser } from "./http-front.ts";

/** What the supervisor tells the engine's process, over IPC: passwords are on no command line and in no environment. */
export type ToEngine =
  | {
      readonly kind: "open";
      readonly folder: string;
      /** 0 for any free port of loopback. */
      readonly port: number;
      readonly users: readonly WarehouseUser[];
      readonly memoryBytesMax: number;
      readonly backupsFolder: string | undefined;
    }
  | { readonly kind: "close" };

/** What the engine's process answers. */
export type FromEngine =
  | { readonly kind: "ready"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  /** All that was under way has ended: the process goes. */
  | { readonly kind: "closed" };
