import type { PlainCommand } from "../command.ts";
import { openTransformRole } from "../roles.ts";
import { runRole } from "../run-role.ts";

/** `roebuck transform`: Only bring events from Kafka to ClickHouse. */
export const transformCommand: PlainCommand = {
  name: "transform",
  summary: "Only bring events from Kafka to ClickHouse.",
  prose: `Takes its settings from the environment: ROEBUCK_KAFKA_BROKERS must be set. Any number may run beside each other.
/healthz, /readyz and /metrics on ROEBUCK_PORT tell how it is.`,
  operands: [],
  flags: [],
  on: "nothing",
  run: (_args, io) => runRole("transform", io, openTransformRole),
};
