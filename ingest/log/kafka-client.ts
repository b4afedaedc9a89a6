import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";
import type { KafkaSettings } from "./kafka-options.ts";

const connectMsMax = 3_000;

/**
 * The driver, set up. Its own log is off: it quotes messages. What is worth hearing comes as notices instead.
 *
 * It tries little by itself: the appender, the group member and the administration each know better when to give up
 * and begin anew.
 */
export function toKafka(settings: KafkaSettings): Kafka {
  const { brokers, clientId, requestTimeoutMs, sasl, tls } = settings;
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    requestTimeout: requestTimeoutMs,
    authenticationTimeout: requestTimeoutMs,
    connectionTimeout: Math.min(connectMsMax, requestTimeoutMs),
    logLevel: logLevel.NOTHING,
    logCreator: () => () => undefined,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
  };
  if (sasl !== undefined) config.sasl = toSasl(sasl);
  if (tls !== undefined && tls !== false) config.ssl = tls === true || tls.ca === undefined ? true : { ca: [tls.ca] };
  return new Kafka(config);
}

function toSasl({ mechanism, username, password }: NonNullable<KafkaSettings["sasl"]>): SASLOptions {
  switch (mechanism) {
    case "plain":
      return { mechanism, username, password };
    case "scram-sha-256":
      return { mechanism, username, password };
    case "scram-sha-512":
      return { mechanism, username, password };
  }
}
