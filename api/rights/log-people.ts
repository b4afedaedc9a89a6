import { PURPOSE_OF_TYPE, type Purpose } from "../../schemas/event.ts";
import type { EpochMs, SubjectRef } from "../../schemas/ids.ts";
import type { Log, StoredRecord } from "../../schemas/ports.ts";

/** Characters of a reference: 32 bytes as base64url. */
const REF_LENGTH = 43;
const RUN = /[A-Za-z0-9_-]{43,}/g;
const decoder = new TextDecoder("utf-8");

/** What was emptied in the log; `by retention` where its bytes can only leave with its hours (Kafka). */
export interface BlankedRecords {
  readonly events: number | "by retention";
  readonly quarantine: number | "by retention";
}

/** The references of `refs` that stand anywhere in a text, in a record or in what is left of one. Pure. */
export function findRefs(text: string, refs: ReadonlyMap<SubjectRef, EpochMs>): readonly SubjectRef[] {
  const found = new Set<SubjectRef>();
  for (const [run] of text.matchAll(RUN)) {
    for (let at = 0; at + REF_LENGTH <= run.length; at++) {
      const piece = run.slice(at, at + REF_LENGTH) as SubjectRef; // only looked up
      if (refs.has(piece)) found.add(piece);
    }
  }
  return [...found];
}

/**
 * Tells whether a record of `events` holds one of these people and was received in the time that was erased. One that
 * cannot be read is chosen wherever a reference stands in it. Pure.
 *
 * @param refs by reference the end of what was erased, UTC
 */
export function isErasedRecord(
  { key, value }: Pick<StoredRecord, "key" | "value">,
  refs: ReadonlyMap<SubjectRef, EpochMs>,
): boolean {
  const text = decoder.decode(value);
  const found = findRefs(`${key} ${text}`, refs);
  if (found.length === 0) return false;
  const receivedMs = readReceivedMs(text);
  return receivedMs === undefined || found.some((ref) => receivedMs <= (refs.get(ref) ?? 0));
}

/**
 * Tells whether an erased record holds events of these purposes and nothing else. One that holds others, too, must stay
 * for them until the log's own hours are over: a restore stores them again. So must one that cannot be read. Pure.
 */
export function isOfPurposes(value: Uint8Array, purposes: readonly Purpose[]): boolean {
  const { events } = readFields(decoder.decode(value));
  if (!Array.isArray(events) || events.length === 0) return false;
  const types = new Map<unknown, Purpose>(Object.entries(PURPOSE_OF_TYPE));
  return events.every((event: unknown) => {
    const type = typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
    const purpose = types.get(type);
    return purpose !== undefined && purposes.includes(purpose);
  });
}

/** The same as {@link isErasedRecord} for a record of `quarantine`, which holds another record in base64. Pure. */
export function isErasedQuarantine(
  record: Pick<StoredRecord, "key" | "value">,
  refs: ReadonlyMap<SubjectRef, EpochMs>,
): boolean {
  return isErasedRecord({ key: record.key, value: toInner(record.value) }, refs);
}

/** The bytes that a record of `quarantine` holds; its own where it cannot be read. */
function toInner(bytes: Uint8Array): Uint8Array {
  const { value } = readFields(decoder.decode(bytes));
  return typeof value === "string" ? Buffer.from(value, "base64") : bytes;
}

/**
 * Empties the records of these people that were received in the time that was erased; if purposes are named, those that
 * hold nothing else. Throws LogUnavailable.
 */
export async function blankPeople(
  log: Log,
  refs: ReadonlyMap<SubjectRef, EpochMs>,
  purposes?: readonly Purpose[],
): Promise<BlankedRecords> {
  if (refs.size === 0) return { events: 0, quarantine: 0 };
  const isMeant = (value: Uint8Array) => purposes === undefined || isOfPurposes(value, purposes);
  return {
    events: await log.blank("events", (record) => isErasedRecord(record, refs) && isMeant(record.value)),
    quarantine: await log.blank(
      "quarantine",
      (record) => isErasedQuarantine(record, refs) && isMeant(toInner(record.value)),
    ),
  };
}

function readReceivedMs(text: string): number | undefined {
  const { receivedMs } = readFields(text);
  return typeof receivedMs === "number" ? receivedMs : undefined;
}

function readFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
