import { listenForCalls } from "../app.ts";
import type { PlainCommand } from "../command.ts";
import { openControl } from "../control.ts";
import { startExportExpiry } from "../exports/expiry.ts";
import { listenForOfficers } from "../portal/open-portal.ts";
import { listenForHealth } from "../roles.ts";
import { runRole } from "../run-role.ts";
import { openService } from "../service.ts";

/** `roebuck api`: only take commands, for whoever can read the data folder. */
export const apiCommand: PlainCommand = {
  name: "api",
  summary: "Only take commands: close, record, imports, sql go through it, as they do through `serve`.",
  prose: `Commands find it through the data folder (ROEBUCK_DATA_DIR). /healthz, /readyz and /metrics on ROEBUCK_PORT tell how it is.`,
  operands: [],
  flags: [],
  on: "nothing",
  run: (_args, io, commands) =>
    runRole("api", io, async (parts) => {
      await using opened = new AsyncDisposableStack(); // closes what is open if the rest cannot be opened
      const service = opened.use(await openService({ ...parts, transforms: false }));
      opened.use(await openControl(parts.settings.dataDir, service, commands));
      const server = opened.use(await listenForHealth(parts.settings, service.checks, service.metrics));
      opened.use(await listenForCalls(service));
      opened.use(await listenForOfficers(service));
      opened.use(startExportExpiry(service));
      const kept = opened.move();
      return { port: server.port, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    }),
};
