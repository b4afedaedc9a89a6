import { fileURLToPath } from "node:url";
import type { Settings } from "../../schemas/settings.ts";

/** Logos of the demo's Partners: one has one. */
const LOGOS = fileURLToPath(new URL("./logos", import.meta.url));

/**
 * The settings that the demo runs with: those given, quicker where nobody wants to wait, and its own logos unless
 * there is a folder of others. Its portal is beside its site and on this machine alone, and its mail goes to the
 * outbox: nobody invented has a mailbox. Pure.
 *
 * @param port of the collector, 0 for any that is free; the site has the next, the portal the one after
 */
export function toDemoSettings(given: Settings, port: number): Settings {
  const logoDir = given.logoDir === "" ? LOGOS : given.logoDir;
  const portal = { portalHost: "127.0.0.1", portalPort: port === 0 ? 0 : port + 2, portalUrl: "", smtpHost: "" };
  return { ...given, ...portal, port, logoDir, statisticsFlushMs: 10, batchWaitMs: 50 };
}
