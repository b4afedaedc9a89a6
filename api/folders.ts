import { isAbsolute, join, relative, resolve } from "node:path";
import type { Settings } from "../schemas/settings.ts";

/** Where the key files lie: the setting, or `keys` in the data folder. */
export function toKeysFolder(settings: Pick<Settings, "dataDir" | "keysDir">): string {
  return settings.keysDir === "" ? join(settings.dataDir, "keys") : settings.keysDir;
}

/** Where the embedded log lies. */
export function toLogFolder(settings: Pick<Settings, "dataDir">): string {
  return join(settings.dataDir, "log");
}

/** Where the embedded warehouse lies. */
export function toWarehouseFolder(settings: Pick<Settings, "dataDir">): string {
  return join(settings.dataDir, "warehouse");
}

/** Tells whether a path is a folder or lies in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}
