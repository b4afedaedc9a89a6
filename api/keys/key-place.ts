import type { Settings } from "../../schemas/settings.ts";
import { isInside, toKeysFolder } from "../folders.ts";

/** Where the keys lie: behind a command, in a folder of their own, or within the data folder. */
export type KeyPlace = "command" | "folder" | "data";

/** Where an installation has its keys. Pure. */
export function toKeyPlace(settings: Settings): KeyPlace {
  if (settings.keysCommand !== "") return "command";
  return isInside(toKeysFolder(settings), settings.dataDir) ? "data" : "folder";
}
