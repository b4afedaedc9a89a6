import type { PlainCommand } from "../command.ts";
import { openReporterRole } from "../reporter.ts";
import { runRole } from "../run-role.ts";

/** `roebuck reporter`: only close months when they are due, and do the work of each night. */
export const reporterCommand: PlainCommand = {
  name: "reporter",
  summary:
    "Only close each month on the day that ROEBUCK_CLOSE_DAY names, and do the work of each night: purge, clocks.",
  prose: `What was missed while it was down is made up for at its start. /healthz, /readyz and /metrics on ROEBUCK_PORT tell how it is.`,
  operands: [],
  flags: [],
  on: "nothing",
  run: (_args, io) => runRole("reporter", io, openReporterRole),
};
