import type { CommandIo } from "./command-io.ts";
import { readSettings } from "./environment.ts";
import { createLogger } from "./logger.ts";
import type { RoleParts, RunningRole } from "./roles.ts";
import { untilStopped } from "./stop-signal.ts";
import { readVersion } from "./version.ts";

/** Runs one role until SIGTERM or Ctrl-C, then stops it in order. Answers the exit code; throws what kept it from starting. */
export async function runRole(
  name: string,
  io: CommandIo,
  open: (parts: RoleParts) => Promise<RunningRole>,
): Promise<number> {
  const { settings, sites } = readSettings();
  const logger = createLogger(settings.logLevel);
  await using running = await open({ settings, sites, logger });
  logger.info("running", { role: name, version: readVersion(), port: running.port });
  io.line(`roebuck ${name} runs; http://${settings.host}:${running.port}/readyz tells how it is`);
  await untilStopped();
  logger.info("stopping", { role: name });
  return 0;
}
