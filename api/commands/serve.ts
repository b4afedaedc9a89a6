import { listenForCalls } from "../app.ts";
import type { PlainCommand } from "../command.ts";
import { readSettings } from "../environment.ts";
import { createLogger } from "../logger.ts";
import { listenForOfficers } from "../portal/open-portal.ts";
import { listen } from "../serve.ts";
import { openService } from "../service.ts";
import { untilStopped } from "../stop-signal.ts";
import { readVersion } from "../version.ts";

/** `roebuck serve`: collector, log, transform and warehouse in one. */
export const serveCommand: PlainCommand = {
  name: "serve",
  summary: "Take beacons and commands until stopped: everything on one machine.",
  prose: `Commands on the same data folder go through the running service. SIGTERM or Ctrl-C stops taking beacons,
finishes what is in flight and ends. While it runs: /healthz, /readyz and /metrics tell how it is.`,
  operands: [],
  flags: [],
  on: "nothing",
  async run(_args, io, commands) {
    const { settings, sites } = readSettings();
    const logger = createLogger(settings.logLevel);
    await using service = await openService({ settings, sites, logger, transforms: true });
    await using listening = await listen(service, commands);
    await using calls = await listenForCalls(service);
    await using portal = await listenForOfficers(service);
    logger.info("serving", {
      version: readVersion(),
      port: listening.server.port,
      apiPort: calls.port,
      portalPort: portal.port,
    });
    io.line(`Roebuck takes beacons at ${listening.url}/v1/beacons`);
    io.line(`and calls with an API key at http://${settings.apiHost}:${calls.port}/v1/ (to read: /docs)`);
    io.line(`The portal of Link Officers is at ${portal.url}, the operator's page at ${portal.url}/operator`);
    await untilStopped();
    logger.info("stopping");
    return 0;
  },
};
