import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { JsonArraySplitter, NoJsonArray } from "../../ingest/json-array.ts";
import { CommandError } from "../command-io.ts";

/** Longest line, bytes: what lies in memory at once. */
const LINE_BYTES_MAX = 1_024 * 1_024;
const READ_BYTES = 256 * 1_024;
const NEWLINE = 0x0a;

/** A line or an element of a file, whole, with how far the file has been read. */
export interface Item {
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** How a file falls into items. `isWhole`: whether the file ends where an item does. */
export interface ItemSplitter {
  push(bytes: Buffer): Buffer[];
  isWhole(): boolean;
}

/**
 * The items of a file, memory flat; a file that begins as gzip does is unpacked. What stands after the last whole item
 * is not given: a log that is still written ends in the middle of a line.
 *
 * @returns whether the file ends where an item does
 * @throws CommandError if the file cannot be read or is of another kind; it names the place, never what is there
 */
export async function* readItems(file: string, toSplitter: () => ItemSplitter): AsyncGenerator<Item, boolean> {
  const splitter = toSplitter();
  let number = 0;
  try {
    const bytesTotal = statSync(file).size;
    const isPacked = isGzip(file); // before the stream is open: nobody would hear of its failure
    const source = createReadStream(file, { highWaterMark: READ_BYTES });
    // A failure of either end comes out of the loop below.
    const stream = isPacked ? pipeline(source, createGunzip({ chunkSize: READ_BYTES }), () => {}) : source;
    for await (const chunk of stream) {
      for (const bytes of splitter.push(chunk as Buffer)) {
        // no encoding is set, so chunks are Buffers
        number += 1;
        yield { bytes, number, bytesRead: source.bytesRead, bytesTotal };
      }
    }
    return splitter.isWhole();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof NoJsonArray) throw new CommandError(`Cannot read "${file}": ${error.message}.`);
    const code = error instanceof Error && "code" in error ? String(error.code) : "it cannot be opened";
    throw new CommandError(`Cannot read "${file}": ${code}. Name a file that exists and can be read.`);
  }
}

/** Lines without what ends them. */
export function createLineSplitter(): ItemSplitter {
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const found: Buffer[] = [];
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        found.push(bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end));
        start = end + 1;
      }
      lines += found.length;
      rest = bytes.subarray(start);
      if (rest.length > LINE_BYTES_MAX)
        throw new CommandError(`Cannot read line ${lines + 1}: it must have at most ${LINE_BYTES_MAX} bytes.`);
      return found;
    },
    isWhole: () => rest.length === 0,
  };
}

/** Elements of a JSON array. */
export function createElementSplitter(): ItemSplitter {
  const splitter = new JsonArraySplitter();
  return { push: (bytes) => splitter.push(bytes), isWhole: () => splitter.isEnded };
}

function isGzip(file: string): boolean {
  const opened = openSync(file, "r");
  try {
    const head = Buffer.alloc(2);
    return readSync(opened, head, 0, 2, 0) === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    closeSync(opened);
  }
}
