import type { PlainCommand } from "../command.ts";
import { openCollectorRole } from "../roles.ts";
import { runRole } from "../run-role.ts";

/** `roebuck collector`: Only take beacons and write them to Kafka. */
export const collectorCommand: PlainCommand = {
  name: "collector",
  summary: "Only take beacons and write them to Kafka.",
  prose: `Takes its settings from the environment: ROEBUCK_KAFKA_BROKERS must be set. Any number may run beside each other.
/healthz, /readyz and /metrics on ROEBUCK_PORT tell how it is.`,
  operands: [],
  flags: [],
  on: "nothing",
  run: (_args, io) => runRole("collector", io, openCollectorRole),
};
