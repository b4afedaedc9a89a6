import { parseSettings, parseSites, type Settings, type Site } from "../schemas/settings.ts";
import { CommandError } from "./command-io.ts";

/** The settings of this process, from its environment. Throws CommandError with every wrong value, what is allowed, and the name. */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): {
  readonly settings: Settings;
  readonly sites: readonly Site[];
} {
  const settings = parseSettings(environment);
  if ("problems" in settings) throw new CommandError(settings.problems.join("\n"));
  const sites = parseSites(settings.sites);
  if (typeof sites === "string") throw new CommandError(sites);
  return { settings, sites };
}
