import { fileURLToPath } from "node:url";
import type { Settings } from "../../schemas/settings.ts";

/** Logos of the demo's Partners: one has one. */
const LOGOS = fileURLToPath(new URL("./logos", import.meta.url));

/**
 * The settings that the demo runs with: those given, quicker where nobody wants to wait, and its own logos unless
 * there is a folder of others. Pure.
 */
export function toDemoSettings(given: Settings, port: number): Settings {
  const logoDir = given.logoDir === "" ? LOGOS : given.logoDir;
  return { ...given, port, logoDir, statisticsFlushMs: 10, batchWaitMs: 50 };
}
