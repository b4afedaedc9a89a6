import type { GroupPosition, OffsetRange } from "./group-positions.ts";

/** Longest offset that is a whole number for sure: 16 digits. */
const note = /^(\d{1,16})-(\d{1,16})$/;

/** A range as it stands in the metadata that Kafka keeps with a group's offset: `first-last`. */
export function toNote({ first, last }: OffsetRange): string {
  return `${first}-${last}`;
}

/** Reads such a metadata text; `undefined` if there is none, or it is another program's. */
export function parseNote(text: string | null | undefined): OffsetRange | undefined {
  const [, first, last] = note.exec(text ?? "") ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = { first: Number(first), last: Number(last) };
  return range.first <= range.last ? range : undefined;
}

/**
 * Where a group is on a partition, from the offset and metadata that Kafka gives; `undefined` if nothing was committed
 * (Kafka then answers -1) or it was reset (kafkajs then commits -2, "the earliest").
 * A note counts only if it begins at the offset: whoever committed another offset since made it void.
 */
export function parsePosition(offset: string, metadata: string | null): GroupPosition | undefined {
  const committed = Number(offset);
  if (!Number.isSafeInteger(committed) || committed < 0) return undefined;
  const noted = parseNote(metadata);
  return noted?.first === committed ? { offset: committed, noted } : { offset: committed };
}
