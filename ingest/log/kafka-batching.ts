import type { EpochMs } from "../../schemas/ids.ts";
import type { LogRecord } from "../../schemas/ports.ts";

/** What Kafka adds to a record in a batch, at most: lengths, offset and time as varints. */
const framingBytes = 32;
const hourMs = 3_600_000;

/** Bytes of a record on the wire, rounded up: a character of the key is taken for three bytes. */
export function toRecordBytes({ key, value }: LogRecord): number {
  return key.length * 3 + value.byteLength + framingBytes;
}

/** How many of the waiting appends the next send takes: whole ones, in order, while they fit; one at least. Pure. */
export function countForSend(waiting: readonly { readonly bytes: number }[], bytesMax: number): number {
  let bytes = 0;
  for (const [index, append] of waiting.entries()) {
    bytes += append.bytes;
    if (index > 0 && bytes > bytesMax) return index;
  }
  return waiting.length;
}

/** Cuts records into pieces of at most `bytesMax` (a larger record is a piece of its own), in order. Pure. */
export function toPieces(records: readonly LogRecord[], bytesMax: number): readonly (readonly LogRecord[])[] {
  const pieces: LogRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const more = toRecordBytes(record);
    const piece = pieces.at(-1);
    if (piece === undefined || bytes + more > bytesMax) {
      pieces.push([record]);
      bytes = more;
    } else {
      piece.push(record);
      bytes += more;
    }
  }
  return pieces;
}

/** The hour that an instant lies in, UTC: all that the log keeps of when a record was appended. */
export function toHourStart(ms: EpochMs): number {
  return Math.floor(ms / hourMs) * hourMs;
}
