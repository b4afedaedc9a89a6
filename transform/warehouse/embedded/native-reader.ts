import { toException } from "./exceptions.ts";
import { type ColumnType, toColumnType } from "./native-types.ts";

/** Bytes of a column that are gathered before they go on. */
const PART_BYTES = 256 * 1024;

/** Goes through a result in Native, telling where each piece ends; what it has passed can be taken as it is. */
export class NativeReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What has come and is not taken. */
  #bytes: Buffer = Buffer.alloc(0);
  /** Up to here it is passed. */
  #at = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** All that was passed since the last time. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#bytes = this.#bytes.subarray(this.#at);
    this.#at = 0;
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#at >= this.#bytes.length && !(await this.#more());
  }

  /** A number in LEB128, as ClickHouse's VarUInt. */
  async readCount(): Promise<number> {
    let count = 0;
    for (let factor = 1; ; factor *= 128) {
      if (this.#at >= this.#bytes.length) await this.#need(1);
      const byte = this.#bytes[this.#at++] ?? 0; // it was made sure that it is there
      count += (byte & 127) * factor;
      if (byte < 128) return count;
    }
  }

  async readText(): Promise<string> {
    const bytes = await this.readCount();
    await this.#need(bytes);
    this.#at += bytes;
    return this.#bytes.toString("utf8", this.#at - bytes, this.#at);
  }

  /**
   * Passes a column of so many rows; answers its bytes in parts, so that memory stays flat.
   *
   * @throws WarehouseException 48 if its type does not tell its extent
   */
  async *skipColumn(type: string, rows: number): AsyncGenerator<Buffer> {
    const parsed = toColumnType(type);
    if (parsed === undefined) {
      const fix = "cast it, as to String";
      throw toException(
        "notImplemented",
        `The embedded engine cannot send a column of type ${type} to this client: ${fix}`,
      );
    }
    await this.#skipPrefix(parsed);
    yield* this.#skipRows(parsed, rows);
    yield this.take();
  }

  /** What stands before the rows: the version of each dictionary's form, at any depth. */
  async #skipPrefix(type: ColumnType): Promise<void> {
    if (type.kind === "dictionary") await this.#skip(8);
    else for (const part of type.parts) await this.#skipPrefix(part);
  }

  async *#skipRows(type: ColumnType, rows: number): AsyncGenerator<Buffer> {
    if (rows === 0) return;
    if (type.kind === "fixed") yield* this.#skipLong(rows * type.width);
    else if (type.kind === "text") yield* this.#skipTexts(rows);
    else if (type.kind === "nullable") {
      yield* this.#skipLong(rows);
      yield* this.#skipParts(type, rows);
    } else if (type.kind === "array") {
      yield* this.#skipLong((rows - 1) * 8);
      yield* this.#skipParts(type, await this.#readLong());
    } else if (type.kind === "dictionary") yield* this.#skipDictionary(type, rows);
    else yield* this.#skipParts(type, rows);
  }

  async *#skipParts({ parts }: ColumnType, rows: number): AsyncGenerator<Buffer> {
    for (const part of parts) yield* this.#skipRows(part, rows);
  }

  /** LowCardinality: the width of its indexes, its keys, its indexes. */
  async *#skipDictionary({ parts }: ColumnType, rows: number): AsyncGenerator<Buffer> {
    for (let left = rows; left > 0; ) {
      await this.#need(1);
      const width = 2 ** ((this.#bytes[this.#at] ?? 0) & 3); // it was made sure that it is there
      await this.#skip(8);
      for (const part of parts) yield* this.#skipRows(part, await this.#readLong());
      const here = await this.#readLong();
      yield* this.#skipLong(here * width);
      left -= here;
    }
  }

  async *#skipTexts(rows: number): AsyncGenerator<Buffer> {
    for (let row = 0; row < rows; row++) {
      const bytes = await this.readCount();
      if (this.#at + bytes > this.#bytes.length) yield* this.#skipLong(bytes);
      else this.#at += bytes;
      if (this.#at >= PART_BYTES) yield this.take();
    }
  }

  async *#skipLong(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      if (this.#at >= this.#bytes.length) await this.#need(1);
      const here = Math.min(left, this.#bytes.length - this.#at);
      this.#at += here;
      left -= here;
      if (this.#at >= PART_BYTES) yield this.take();
    }
  }

  async #readLong(): Promise<number> {
    await this.#skip(8);
    return Number(this.#bytes.readBigUInt64LE(this.#at - 8));
  }

  async #skip(bytes: number): Promise<void> {
    await this.#need(bytes);
    this.#at += bytes;
  }

  async #need(bytes: number): Promise<void> {
    while (this.#bytes.length - this.#at < bytes) {
      if (!(await this.#more())) throw new Error("Cannot read a result in Native: it ends too early");
    }
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done === true) return false;
    this.#bytes = Buffer.concat([this.#bytes, value]);
    return true;
  }
}
