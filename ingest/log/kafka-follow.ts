import { randomUUID } from "node:crypto";
import type { Kafka } from "kafkajs";
import type { LogBatch, StreamName } from "../../schemas/ports.ts";
import type { KafkaOffsets } from "./kafka-offsets.ts";
import { type KafkaSettings, toTopic } from "./kafka-options.ts";
import { KafkaReader } from "./kafka-reader.ts";
import { PartitionTurn } from "./kafka-turn.ts";

const followRecordsMax = 2_000;
const followBytesMax = 4 * 1_024 * 1_024;

/**
 * Every record of a stream from the first on and then live, until `signal` aborts.
 *
 * kafkajs reads only as a group member, so this is one of a group of its own, with a name used once, in which
 * nothing is ever committed; the group is removed at the end. (Should that fail, Kafka drops it, being empty.)
 * How far it is, it keeps itself: when the brokers were away it goes on where it was.
 */
export async function* followTopic(
  kafka: Kafka,
  settings: KafkaSettings,
  offsets: KafkaOffsets,
  stream: StreamName,
  signal: AbortSignal,
): AsyncGenerator<LogBatch> {
  if (signal.aborted) return;
  const topic = toTopic(settings, stream);
  const group = `${settings.topicPrefix}follow.${randomUUID()}`;
  const turns = new Map<number, PartitionTurn>();
  const reader = new KafkaReader(kafka, {
    ...settings,
    stream,
    topic,
    group,
    takeUp: async (partitions) => {
      const fresh = partitions.filter((partition) => !turns.has(partition));
      const spans = fresh.length > 0 ? await offsets.spans(topic) : new Map();
      for (const partition of fresh)
        turns.set(partition, new PartitionTurn({ offset: spans.get(partition)?.low ?? 0 }));
      return turns;
    },
    spans: () => offsets.spans(topic),
    onSkipped: (partition, { first, last }) => {
      settings.onEvent?.({ what: "expired-unread", stream, group, partition, first, last, noted: false });
    },
    onJoined: (partitions) => settings.onEvent?.({ what: "member-joined", group, partitions }),
    onAway: (reason) => settings.onEvent?.({ what: "member-away", group, reason }),
  });
  try {
    while (!signal.aborted) {
      const batch = reader.take({ recordsMax: followRecordsMax, bytesMax: followBytesMax });
      if (batch === undefined) await reader.wait(Number.POSITIVE_INFINITY, signal);
      else yield batch;
    }
  } finally {
    await reader[Symbol.asyncDispose]();
    await offsets.removeGroup(group).catch(() => undefined);
  }
}
