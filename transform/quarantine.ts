import type { LogBatch, LogRecord, StoredRecord } from "../schemas/ports.ts";
import type { Unreadable } from "./sealed-record.ts";

/** What the `quarantine` stream holds, as UTF-8 JSON. */
export interface QuarantinedRecord {
  readonly v: 1;
  /** Why it could not be read; `refused`: it was read, and ClickHouse would not take a row of it. */
  readonly reason: Unreadable | "refused";
  readonly stream: string;
  readonly partition: number;
  readonly offset: number;
  /** The record as it was, base64. It was sealed before it was appended, so it names nobody. */
  readonly value: string;
}

/**
 * A record that could not be read, as a record of the `quarantine` stream.
 *
 * Its key is the place it came from: it is appended before its range is done, so a crash in between appends it once
 * more under the same key, and whoever reads the stream takes one of each key.
 * Pure.
 */
export function toQuarantined(
  { stream, partition }: Pick<LogBatch, "stream" | "partition">,
  { offset, value }: StoredRecord,
  reason: Unreadable | "refused",
): LogRecord {
  const quarantined: QuarantinedRecord = {
    v: 1,
    reason,
    stream,
    partition,
    offset,
    value: Buffer.from(value).toString("base64"),
  };
  return { key: `${stream}:${partition}:${offset}`, value: new TextEncoder().encode(JSON.stringify(quarantined)) };
}
