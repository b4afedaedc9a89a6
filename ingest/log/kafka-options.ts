import type { Clock, StreamName } from "../../schemas/ports.ts";

/** What the operator should hear of; none of these stops the log. Never anything of a record. */
export type KafkaNotice =
  | {
      /** Records expired before the group read them (ends included). With `noted`, the group had begun that very range. */
      readonly what: "expired-unread";
      readonly stream: StreamName;
      readonly group: string;
      readonly partition: number;
      readonly first: number;
      readonly last: number;
      readonly noted: boolean;
    }
  | {
      /** A group had begun a range that reaches beyond the partition's end: the brokers lost its tail. */
      readonly what: "tail-lost";
      readonly stream: StreamName;
      readonly group: string;
      readonly partition: number;
      readonly first: number;
      readonly last: number;
    }
  /** A topic is not set up as it would have been created here; the log works all the same. */
  | { readonly what: "topic-differs"; readonly topic: string; readonly setting: string; readonly found: string }
  /** Appends to the stream are refused at once from now on, and one is let through as a probe after `waitMs`. */
  | { readonly what: "appends-refused"; readonly stream: StreamName; readonly reason: string; readonly waitMs: number }
  /** Appends to the stream work again. */
  | { readonly what: "appends-resumed"; readonly stream: StreamName }
  /** A group member lost its brokers, or they refused it; it joins again by itself. */
  | { readonly what: "member-away"; readonly group: string; readonly reason: string }
  /** A group member was given partitions; what it had read and not begun comes again. */
  | { readonly what: "member-joined"; readonly group: string; readonly partitions: readonly number[] };

/** How to open a log that Kafka brokers keep. */
export interface KafkaLogOptions {
  /** Some brokers as `host:port`; the rest are found through them. */
  readonly brokers: readonly string[];
  /** How this process names itself to the brokers. */
  readonly clientId: string;
  readonly clock: Clock;
  /** Whether topics that are missing are created. If not, a missing one refuses the start. */
  readonly createTopics: boolean;
  /** Before the names of topics and groups (default `roebuck.`). */
  readonly topicPrefix?: string;
  /** Partitions of `events` when it is created (default 6); as many transforms can share the work. */
  readonly partitions?: number;
  /** Copies of each record (default 3). */
  readonly replicationFactor?: number;
  /** Copies that must be there for a record to be acknowledged (default 2). */
  readonly minInsyncReplicas?: number;
  /** How long `events` are kept, ms (default 72 hours). */
  readonly eventsRetentionMs?: number;
  /** How long `quarantine` is kept, ms (default 72 hours). */
  readonly quarantineRetentionMs?: number;
  /** Who this process is, where the brokers ask. */
  readonly sasl?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
  /** Whether the brokers speak TLS; with `ca`, a PEM text of the authority that signed theirs. */
  readonly tls?: boolean | { readonly ca?: string };
  /** How long a send waits for other appends to share it, ms (default 1). While one is under way they gather anyhow. */
  readonly lingerMs?: number;
  /** Records of one send may have this many bytes together; a longer append takes several (default 1 MiB). */
  readonly batchBytesMax?: number;
  /** A record may have this many bytes at most, key included (default 1 MiB). */
  readonly recordBytesMax?: number;
  /** Appends beyond this many waiting bytes are refused (default 64 MiB). */
  readonly waitingBytesMax?: number;
  /** What a consumer or follower reads ahead at most, bytes, over all partitions (default 64 MiB). A begun range is read whole. */
  readonly readAheadBytesMax?: number;
  /** How long brokers may take to answer, ms (default 5,000). An append is refused after this, whatever became of it. */
  readonly requestTimeoutMs?: number;
  /** A group member that is silent for this long loses its partitions, ms (default 15,000). */
  readonly sessionTimeoutMs?: number;
  readonly onEvent?: (notice: KafkaNotice) => void;
}

const hourMs = 3_600_000;
const mib = 1_024 * 1_024;

const defaults = {
  topicPrefix: "roebuck.",
  partitions: 6,
  replicationFactor: 3,
  minInsyncReplicas: 2,
  eventsRetentionMs: 72 * hourMs,
  quarantineRetentionMs: 72 * hourMs,
  lingerMs: 1,
  batchBytesMax: mib,
  recordBytesMax: mib,
  waitingBytesMax: 64 * mib,
  readAheadBytesMax: 64 * mib,
  requestTimeoutMs: 5_000,
  sessionTimeoutMs: 15_000,
};

/** The options with every default filled in. */
export type KafkaSettings = KafkaLogOptions & typeof defaults;

/** Fills in the defaults. */
export function toKafkaSettings(options: KafkaLogOptions): KafkaSettings {
  return { ...defaults, ...options };
}

/** The topic of a stream. */
export function toTopic({ topicPrefix }: { readonly topicPrefix: string }, stream: StreamName): string {
  return `${topicPrefix}${stream}`;
}

/** The log as messages name it: `Kafka at "a:9092,b:9092"`. */
export function toLogName({ brokers }: { readonly brokers: readonly string[] }): string {
  return `Kafka at "${brokers.join(",")}"`;
}
