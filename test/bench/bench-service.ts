import { join } from "node:path";
import { openService, type Service } from "../../api/service.ts";
import { parseSites } from "../../schemas/settings.ts";
import { someSettings } from "../fixtures/some-settings.ts";

/** A whole installation on this machine's clock, as `serve` has it, that says nothing. */
export async function openBenchService(folder: string): Promise<Service> {
  const settings = someSettings({
    ROEBUCK_DATA_DIR: join(folder, "data"),
    ROEBUCK_SITES: "www=https://www.example.org",
    ROEBUCK_DEFAULT_ZONE: "UTC",
  });
  const sites = parseSites(settings.sites);
  if (typeof sites === "string") throw new Error(sites);
  return openService({ settings, sites, logger: { info: () => {}, warn: () => {}, error: () => {} } });
}
