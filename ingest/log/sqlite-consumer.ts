import type { BatchLimits, LogBatch, LogConsumer, StoredRecord, StreamName } from "../../schemas/ports.ts";
import type { GroupPosition, OffsetRange } from "./group-positions.ts";

/** What a consumer needs of its log; each call throws `LogUnavailable`. */
export interface ConsumedStream {
  readonly stream: StreamName;
  readonly group: string;
  read(from: number, recordsMax: number, bytesMax: number): readonly StoredRecord[];
  readRange(range: OffsetRange): readonly StoredRecord[] | undefined;
  firstKept(): number;
  end(): number;
  readPosition(): GroupPosition | undefined;
  writePosition(position: GroupPosition): void;
  /** `false` once the consumer or its log is closed. */
  isOpen(): boolean;
  /** Waits for the next record, a close or some of `waitMs`; answers how many ms are left. */
  waitForMore(waitMs: number): Promise<number>;
  /** Told of a range that this group will never see: it expired first. */
  onUnread(range: OffsetRange, noted: boolean): void;
  close(): void;
}

/** The one member of a group of a SQLite log: the stream is one partition. */
export class SqliteConsumer implements LogConsumer {
  readonly #source: ConsumedStream;
  /** Everything before this is done. */
  #done: number;
  /** The range that was begun and is not done. */
  #begun: OffsetRange | undefined;
  /** Where the next read begins: ahead of `#done` by what was handed out. */
  #cursor: number;
  /** A range begun before this member joined, until it is handed out once more. */
  #toRepeat: OffsetRange | undefined;

  /** Takes up the group where it stands. Throws `LogUnavailable`. */
  constructor(source: ConsumedStream) {
    this.#source = source;
    const position = source.readPosition() ?? { offset: source.firstKept() };
    this.#done = position.offset;
    this.#cursor = position.offset;
    this.#begun = position.noted;
    this.#toRepeat = position.noted;
  }

  async next(limits: BatchLimits): Promise<LogBatch | undefined> {
    let leftMs = limits.waitMs;
    for (;;) {
      const batch = this.#repeatNoted() ?? this.#readNew(limits);
      if (batch !== undefined) {
        this.#cursor = batch.last + 1;
        return batch;
      }
      if (leftMs <= 0) return undefined;
      leftMs = await this.#source.waitForMore(leftMs);
      if (!this.#source.isOpen()) return undefined;
    }
  }

  async begin(batch: LogBatch): Promise<void> {
    this.#checkTurn("begin", batch);
    const noted = { first: batch.first, last: batch.last };
    this.#source.writePosition({ offset: batch.first, noted });
    this.#begun = noted;
    this.#toRepeat = undefined;
  }

  async done(batch: LogBatch): Promise<void> {
    this.#checkTurn("end", batch);
    this.#source.writePosition({ offset: batch.last + 1 });
    this.#done = batch.last + 1;
    this.#begun = undefined;
  }

  async lag(): Promise<number> {
    return Math.max(0, this.#source.end() - Math.max(this.#done, this.#source.firstKept()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#source.close();
  }

  #repeatNoted(): LogBatch | undefined {
    const noted = this.#toRepeat;
    if (noted === undefined) return undefined;
    const records = this.#source.readRange(noted);
    this.#toRepeat = undefined;
    if (records !== undefined) return toBatch(this.#source.stream, records);
    this.#begun = undefined; // it cannot be formed again, so its note must not hold up what is left
    this.#source.onUnread(noted, true);
    return undefined;
  }

  #readNew({ recordsMax, bytesMax }: BatchLimits): LogBatch | undefined {
    const batch = toBatch(this.#source.stream, this.#source.read(this.#cursor, recordsMax, bytesMax));
    if (batch !== undefined && batch.first > this.#cursor) {
      this.#source.onUnread({ first: this.#cursor, last: batch.first - 1 }, false);
    }
    return batch;
  }

  /** One range at a time, in order: a second note would overwrite the first, and a restart would count that range twice. */
  #checkTurn(action: "begin" | "end", { first, last }: LogBatch): void {
    const { stream, group } = this.#source;
    const range = `${first}-${last} of "${stream}" for group "${group}"`;
    const begun = this.#begun;
    if (begun !== undefined && (begun.first !== first || begun.last !== last)) {
      throw new Error(`Cannot ${action} ${range}: ${begun.first}-${begun.last} was begun and must be done first`);
    }
    if (first < this.#done) {
      throw new Error(`Cannot ${action} ${range}: everything before ${this.#done} is done already`);
    }
  }
}

/** The records as a batch of the one partition; `undefined` if there are none. */
export function toBatch(stream: StreamName, records: readonly StoredRecord[]): LogBatch | undefined {
  const first = records[0]?.offset;
  const last = records.at(-1)?.offset;
  if (first === undefined || last === undefined) return undefined;
  return { stream, partition: 0, first, last, records };
}
