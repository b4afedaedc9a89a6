import { LogUnavailable } from "../../schemas/ports.ts";

/** What went wrong, as far as it calls for a remedy of its own. */
export type KafkaFaultKind =
  | "away"
  | "password"
  | "rights"
  | "tls"
  | "replicas"
  | "topic"
  | "size"
  | "timestamp"
  | "storage"
  | "group"
  | "other";

const remedies: Readonly<Record<KafkaFaultKind, string>> = {
  away: "Check that the brokers run and that ROEBUCK_KAFKA_BROKERS names them.",
  password: "Check user, password and mechanism (ROEBUCK_KAFKA_USER, ROEBUCK_KAFKA_PASSWORD, ROEBUCK_KAFKA_SASL).",
  rights:
    "Give the user the rights Describe, DescribeConfigs, Read, Write and Delete on the topics and Read, Describe and Delete on the groups.",
  tls: "Check that the brokers speak TLS there and that their certificate is signed by an authority that is known here (ROEBUCK_KAFKA_TLS, ROEBUCK_KAFKA_CA_FILE).",
  replicas: "Too few copies are in sync: start the brokers that are down. It then works again by itself.",
  topic: "Create the topic again, or start with ROEBUCK_KAFKA_CREATE_TOPICS=yes.",
  size: "Raise max.message.bytes of the topic.",
  timestamp: "Set the clock of this machine and of the brokers.",
  storage: "Check the brokers' disks.",
  group: "The group shares its work out anew; it goes on by itself.",
  other: "See what the brokers logged.",
};

const kindOfWord: ReadonlyMap<string, KafkaFaultKind> = new Map([
  ["KafkaJSSASLAuthenticationError", "password"],
  ["SASL_AUTHENTICATION_FAILED", "password"],
  ["UNSUPPORTED_SASL_MECHANISM", "password"],
  ["TOPIC_AUTHORIZATION_FAILED", "rights"],
  ["GROUP_AUTHORIZATION_FAILED", "rights"],
  ["CLUSTER_AUTHORIZATION_FAILED", "rights"],
  ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "rights"],
  ["NOT_ENOUGH_REPLICAS", "replicas"],
  ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", "replicas"],
  ["UNKNOWN_TOPIC_OR_PARTITION", "topic"],
  ["KafkaJSTopicMetadataNotLoaded", "topic"],
  ["KafkaJSMetadataNotLoaded", "topic"],
  ["MESSAGE_TOO_LARGE", "size"],
  ["RECORD_LIST_TOO_LARGE", "size"],
  ["INVALID_TIMESTAMP", "timestamp"],
  ["KAFKA_STORAGE_ERROR", "storage"],
  ["ILLEGAL_GENERATION", "group"],
  ["UNKNOWN_MEMBER_ID", "group"],
  ["REBALANCE_IN_PROGRESS", "group"],
  ["FENCED_INSTANCE_ID", "group"],
  ["KafkaJSConnectionError", "away"],
  ["KafkaJSConnectionClosedError", "away"],
  ["KafkaJSBrokerNotFound", "away"],
  ["KafkaJSNoBrokerAvailableError", "away"],
  ["KafkaJSRequestTimeoutError", "away"],
  ["KafkaJSLockTimeout", "away"],
  ["KafkaJSGroupCoordinatorNotFound", "away"],
  ["ECONNREFUSED", "away"],
  ["ECONNRESET", "away"],
  ["ENOTFOUND", "away"],
  ["TimedOut", "away"],
]);

const tlsWord = /^(?:ERR_SSL|ERR_TLS|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/;
/** Names, types and codes are constants of kafkajs, Kafka and Node; only what looks like one is repeated. */
const constantWord = /^[A-Za-z][A-Za-z0-9_]{1,60}$/;

/** A fault in words: `reason` is a constant of the driver, never a text of it, because texts can quote records. */
export interface KafkaFault {
  readonly kind: KafkaFaultKind;
  readonly reason: string;
}

/** Brokers did not answer within the time that was allowed. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** Finds the most telling word in an error and its causes. Never throws. */
export function toKafkaFault(error: unknown): KafkaFault {
  const words = toWords(error, 0);
  const telling = words.find((word) => kindOfWord.has(word) && kindOfWord.get(word) !== "away");
  const tls = words.find((word) => tlsWord.test(word));
  const reason = telling ?? tls ?? words.find((word) => kindOfWord.has(word)) ?? words[0] ?? "unknown";
  const kind = kindOfWord.get(reason) ?? (reason === tls ? "tls" : "other");
  return { kind, reason };
}

function toWords(error: unknown, depth: number): readonly string[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const own = ["type" in error ? error.type : undefined, "code" in error ? error.code : undefined, error.name];
  const words = own.filter((word) => typeof word === "string" && constantWord.test(word));
  const nested = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  const causes = [error.cause, ...nested].flatMap((cause) => toWords(cause, depth + 1));
  // the filter lets only strings through
  return [...(words as string[]), ...causes];
}

/** Words for a failure of the brokers; the driver's own text is left out, as is the error itself: both can quote records. */
export function toLogUnavailable(action: string, cause: unknown): LogUnavailable {
  if (cause instanceof LogUnavailable) return cause;
  const { kind, reason } = toKafkaFault(cause);
  return new LogUnavailable(`Cannot ${action}: ${reason}. ${remedies[kind]}`);
}

/** Rejects with `TimedOut` unless `work` settles within `ms`; what becomes of it later is nobody's matter. */
export async function withTimeLimit<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
