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

/** The same for a record of `quarantine`, which holds another record in base64. Pure. */
export function isErasedQuarantine(
  record: Pick<StoredRecord, "key" | "value">,
  refs: ReadonlyMap<SubjectRef, EpochMs>,
): boolean {
  const text = decoder.decode(record.value);
  const { value } = readFields(text);
  if (typeof value !== "string") return isErasedRecord(record, refs);
  return isErasedRecord({ key: record.key, value: Buffer.from(value, "base64") }, refs);
}

/** Empties the records of these people that were received in the time that was erased. Throws LogUnavailable. */
export async function blankPeople(log: Log, refs: ReadonlyMap<SubjectRef, EpochMs>): Promise<BlankedRecords> {
  if (refs.size === 0) return { events: 0, quarantine: 0 };
  return {
    events: await log.blank("events", (record) => isErasedRecord(record, refs)),
    quarantine: await log.blank("quarantine", (record) => isErasedQuarantine(record, refs)),
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
