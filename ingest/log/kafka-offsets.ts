import type { EpochMs } from "../../schemas/ids.ts";
import type { GroupPosition } from "./group-positions.ts";
import type { KafkaAdmin } from "./kafka-admin.ts";
import { toHourStart } from "./kafka-batching.ts";
import { parsePosition } from "./kafka-note.ts";

/** What a partition holds: offsets from `low` up to, not including, `high`. */
export interface PartitionSpan {
  readonly low: number;
  readonly high: number;
}

/** Asks the brokers where partitions and groups are. Every method throws `LogUnavailable`. */
export class KafkaOffsets {
  readonly #admin: KafkaAdmin;
  readonly #name: string;

  /** @param name the log as messages name it */
  constructor(admin: KafkaAdmin, name: string) {
    this.#admin = admin;
    this.#name = name;
  }

  /** What each partition of a topic holds now. */
  async spans(topic: string): Promise<ReadonlyMap<number, PartitionSpan>> {
    const found = await this.#admin.use(`read the offsets of topic "${topic}" on ${this.#name}`, (admin) =>
      admin.fetchTopicOffsets(topic),
    );
    return new Map(found.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  /** Where a group is, by partition; a partition where it has never committed is left out. */
  async positions(topic: string, group: string): Promise<ReadonlyMap<number, GroupPosition>> {
    const found = await this.#admin.use(`read the position of group "${group}" on ${this.#name}`, (admin) =>
      admin.fetchOffsets({ groupId: group, topics: [topic] }),
    );
    const positions = new Map<number, GroupPosition>();
    for (const { partition, offset, metadata } of found.flatMap(({ partitions }) => partitions)) {
      const position = parsePosition(offset, metadata);
      if (position !== undefined) positions.set(partition, position);
    }
    return positions;
  }

  /**
   * Removes what was appended before the hour that `beforeMs` lies in, and answers how many offsets that were.
   * Records carry the hour of their append only, so those of that hour itself stay until the next call after it.
   */
  async removeBefore(topic: string, beforeMs: EpochMs): Promise<number> {
    const spans = await this.spans(topic);
    return this.#admin.use(`expire records of topic "${topic}" on ${this.#name}`, async (admin) => {
      const firsts = await admin.fetchTopicOffsetsByTimestamp(topic, toHourStart(beforeMs));
      const partitions = firsts.filter(({ partition, offset }) => Number(offset) > (spans.get(partition)?.low ?? 0));
      if (partitions.length === 0) return 0;
      await admin.deleteTopicRecords({ topic, partitions });
      return partitions.reduce(
        (sum, { partition, offset }) => sum + Number(offset) - (spans.get(partition)?.low ?? 0),
        0,
      );
    });
  }

  /** Removes what lies before an offset of a partition, and answers how many offsets that were. */
  async removeTo(topic: string, partition: number, before: number): Promise<number> {
    const { low = 0, high = 0 } = (await this.spans(topic)).get(partition) ?? {};
    const offset = Math.min(before, high);
    if (offset <= low) return 0;
    await this.#admin.use(`remove records of topic "${topic}" on ${this.#name}`, (admin) =>
      admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] }),
    );
    return offset - low;
  }

  /**
   * Sets a group to these offsets, without a note; an offset that is not kept becomes the first kept.
   *
   * @throws Error if somebody is in the group; a member that was killed counts until its session has ended
   */
  async setPositions(topic: string, group: string, positions: ReadonlyMap<number, number>): Promise<void> {
    const action = `set the position of group "${group}" on ${this.#name}`;
    const { groups } = await this.#admin.use(action, (admin) => admin.describeGroups([group]));
    if (groups.some(({ state }) => state !== "Empty" && state !== "Dead")) {
      throw new Error(
        `Cannot ${action}: a consumer of it is open. Close that first; if it was killed, wait until its session has ended.`,
      );
    }
    const spans = await this.spans(topic);
    const partitions = [...positions].map(([partition, offset]) => {
      return { partition, offset: String(Math.max(offset, spans.get(partition)?.low ?? 0)) };
    });
    if (partitions.length === 0) return;
    await this.#admin.use(action, (admin) => admin.setOffsets({ groupId: group, topic, partitions }));
  }

  /** Removes a group that nobody is in; one that is not there is no failure. */
  async removeGroup(group: string): Promise<void> {
    await this.#admin.use(`remove group "${group}" from ${this.#name}`, (admin) => admin.deleteGroups([group]));
  }
}
