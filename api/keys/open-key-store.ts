import type { Settings } from "../../schemas/settings.ts";
import { toKeysFolder } from "../folders.ts";
import { openCommandKeyStore } from "./command-key-store.ts";
import { openFileKeyStore } from "./file-key-store.ts";
import type { KeyStore } from "./key-store.ts";

/** The store that the settings name: a command if there is one, otherwise files. */
export function openKeyStore(settings: Pick<Settings, "dataDir" | "keysDir" | "keysCommand">): KeyStore {
  return settings.keysCommand === ""
    ? openFileKeyStore(toKeysFolder(settings))
    : openCommandKeyStore(settings.keysCommand);
}
