import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { openKafkaLog } from "../ingest/log/kafka-log.ts";
import { openSqliteLog } from "../ingest/log/sqlite-log.ts";
import type { Clock, Log } from "../schemas/ports.ts";
import type { Settings } from "../schemas/settings.ts";
import { CommandError } from "./command-io.ts";
import { toLogFolder } from "./folders.ts";
import type { Logger } from "./logger.ts";

const HOUR_MS = 3_600_000;

/** True if the log is Kafka: any number of processes may share it. Otherwise it lies in the data folder of one service. */
export function isShared(settings: Pick<Settings, "kafkaBrokers">): boolean {
  return settings.kafkaBrokers !== "";
}

/**
 * Opens the log that the settings name: Kafka, or SQLite in the data folder.
 *
 * @param role of an embedded log: `writer` once a folder, `reader` in other threads
 * @throws LogUnavailable if no broker answers; Error if a folder is in use or a topic is not right
 */
export async function openLog(
  settings: Settings,
  role: "writer" | "reader",
  clock: Clock,
  logger: Pick<Logger, "warn">,
): Promise<Log> {
  const onEvent = (notice: { readonly what: string }) =>
    logger.warn("the log has something to say", { notice: notice.what });
  if (!isShared(settings)) return openSqliteLog({ folder: toLogFolder(settings), clock, role, onEvent });
  const retentionMs = settings.logRetentionHours * HOUR_MS;
  return openKafkaLog({
    brokers: settings.kafkaBrokers.split(/[\s,]+/).filter(Boolean),
    clientId: `roebuck-${hostname()}-${process.pid}`,
    clock,
    createTopics: settings.kafkaCreateTopics === "yes",
    topicPrefix: settings.kafkaTopicPrefix,
    partitions: settings.kafkaPartitions,
    replicationFactor: settings.kafkaReplicas,
    minInsyncReplicas: settings.kafkaInSyncMin,
    eventsRetentionMs: retentionMs,
    quarantineRetentionMs: retentionMs,
    tls: toTls(settings),
    ...toSasl(settings),
    onEvent,
  });
}

function toTls({ kafkaTls, kafkaCaFile }: Settings): boolean | { ca: string } {
  if (kafkaTls !== "yes") return false;
  return kafkaCaFile === "" ? true : { ca: readPem("ROEBUCK_KAFKA_CA_FILE", kafkaCaFile) };
}

function toSasl({ kafkaSasl, kafkaUser, kafkaPassword }: Settings) {
  switch (kafkaSasl) {
    case "plain":
    case "scram-sha-256":
    case "scram-sha-512":
      return { sasl: { mechanism: kafkaSasl, username: kafkaUser, password: kafkaPassword } } as const;
    default:
      return {};
  }
}

/** The text of a PEM file that a setting names. Throws CommandError with the setting's name. */
export function readPem(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new CommandError(`Cannot use ${variable}="${file}": it must be a PEM file that can be read.`);
  }
}
