import type { StoredRecord } from "../../schemas/ports.ts";
import type { GroupPosition, OffsetRange } from "./group-positions.ts";

/**
 * One partition in the hands of one member: what is read ahead of it, and which range's turn it is.
 *
 * Touches no driver. Offsets go `done` <= `cursor` <= `end`: everything before `done` is done, what lies up to
 * `cursor` was handed out, what lies up to `end` is read ahead.
 */
export class PartitionTurn {
  #done: number;
  #begun: OffsetRange | undefined;
  /** A range begun before this member had the partition, until it is handed out once more. */
  #toRepeat: OffsetRange | undefined;
  #cursor: number;
  #end: number;
  #ahead: StoredRecord[] = [];
  #bytes = 0;
  /** Offsets that nobody will see any more: first to the one after the last. */
  readonly #skips = new Map<number, number>();

  constructor({ offset, noted }: GroupPosition) {
    this.#done = offset;
    this.#cursor = offset;
    this.#end = offset;
    this.#begun = noted;
    this.#toRepeat = noted;
  }

  /** Everything before this is done. */
  get done(): number {
    return this.#done;
  }

  /** The offset to read next. */
  get end(): number {
    return this.#end;
  }

  /** Bytes read ahead. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a range that must be formed again is not yet read whole: reading must go on, however much is read ahead. */
  get lacks(): boolean {
    return this.#toRepeat !== undefined && this.#end <= this.#toRepeat.last;
  }

  /** Takes records up to the first gap, and answers that gap; those that it has already are passed over. */
  push(records: readonly StoredRecord[]): OffsetRange | undefined {
    for (const record of records) {
      if (record.offset < this.#end) continue;
      if (record.offset > this.#end) return { first: this.#end, last: record.offset - 1 };
      this.#ahead.push(record);
      this.#bytes += toBytes(record);
      this.#end += 1;
    }
    return undefined;
  }

  /** Gives up a gap at `end`. Answers the noted range that can therefore not be formed again, if there is one. */
  skip({ first, last }: OffsetRange): OffsetRange | undefined {
    this.#skips.set(first, last + 1);
    this.#end = last + 1;
    if (this.#ahead.length === 0) this.#cursor = this.#end;
    const noted = this.#toRepeat;
    if (noted === undefined || first > noted.last || last < noted.first) return undefined;
    this.#toRepeat = undefined;
    this.#begun = undefined; // it must not hold up what is left
    return noted;
  }

  /** The next range: the one to repeat exactly as it was, or else what is read ahead, within the limits. */
  take(recordsMax: number, bytesMax: number): readonly StoredRecord[] | undefined {
    if (this.lacks) return undefined;
    const count = this.#toRepeat === undefined ? this.#countWithin(recordsMax, bytesMax) : toCount(this.#toRepeat);
    if (count === 0) return undefined;
    const taken = this.#ahead.splice(0, count);
    for (const record of taken) this.#bytes -= toBytes(record);
    this.#toRepeat = undefined;
    this.#cursor = (taken.at(-1)?.offset ?? this.#cursor - 1) + 1;
    return taken;
  }

  /** Whether a range may be noted now: it follows what is done, and no other is begun. */
  mayBegin(range: OffsetRange): boolean {
    return (this.#begun === undefined || isSame(this.#begun, range)) && this.#pastSkips(this.#done) === range.first;
  }

  /** Whether a range may be ended now. */
  mayEnd(range: OffsetRange): boolean {
    return this.#begun === undefined ? this.mayBegin(range) : isSame(this.#begun, range);
  }

  /** Tells that a range was noted. One that an earlier turn handed out is not handed out again. */
  begin(range: OffsetRange): void {
    this.#begun = range;
    this.#toRepeat = undefined;
    while (this.#ahead[0] !== undefined && this.#ahead[0].offset <= range.last) this.#dropFirst();
    this.#cursor = Math.max(this.#cursor, range.last + 1);
    this.#end = Math.max(this.#end, this.#cursor);
  }

  /** Tells that a range is done. */
  finish(range: OffsetRange): void {
    this.#done = range.last + 1;
    this.#begun = undefined;
    for (const [first, next] of this.#skips) if (next < this.#done) this.#skips.delete(first);
  }

  /** Forgets what was handed out and not begun, so that it is read and handed out again, from `end` on. */
  rewind(): void {
    this.#ahead = [];
    this.#bytes = 0;
    const held = this.#begun !== undefined && this.#toRepeat === undefined ? this.#begun.last + 1 : this.#done;
    this.#cursor = this.#pastSkips(held);
    this.#end = this.#cursor;
  }

  #countWithin(recordsMax: number, bytesMax: number): number {
    let bytes = 0;
    let count = 0;
    let offset = this.#ahead[0]?.offset ?? 0;
    for (const record of this.#ahead) {
      bytes += record.value.byteLength;
      if (count > 0 && (count >= recordsMax || bytes > bytesMax)) break;
      if (record.offset !== offset) break; // a range has no gap
      offset += 1;
      count += 1;
    }
    return count;
  }

  #dropFirst(): void {
    const record = this.#ahead.shift();
    if (record !== undefined) this.#bytes -= toBytes(record);
  }

  #pastSkips(offset: number): number {
    let past = offset;
    for (let next = this.#skips.get(past); next !== undefined; next = this.#skips.get(past)) past = next;
    return past;
  }
}

function toBytes({ key, value }: StoredRecord): number {
  return key.length + value.byteLength;
}

function toCount({ first, last }: OffsetRange): number {
  return last - first + 1;
}

function isSame(one: OffsetRange, other: OffsetRange): boolean {
  return one.first === other.first && one.last === other.last;
}
