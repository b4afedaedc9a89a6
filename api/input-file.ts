import { createReadStream, readFileSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { CommandError } from "./command-io.ts";

/** The bytes of a file that the user named. Throws CommandError if it cannot be read. */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw toRefusal(file, error);
  }
}

/** One line of a large file, with how far the file has been read. */
export interface InputLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Bytes read so far, and in all; approximate, for progress. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
}

/** The lines of a file that the user named, empty ones left out, without holding the file in memory. Throws CommandError if it cannot be read. */
export async function* readLines(file: string): AsyncGenerator<InputLine> {
  let bytesTotal: number;
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
    bytesTotal = found.size;
  } catch (error) {
    throw toRefusal(file, error);
  }
  const stream = createReadStream(file, { highWaterMark: 256 * 1_024 });
  let failed: unknown;
  stream.on("error", (error) => {
    failed = error;
  });
  let number = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() !== "")
      yield {
        text: number === 1 ? text.replace(/^\uFEFF/, "") : text,
        number,
        bytesRead: stream.bytesRead,
        bytesTotal,
      };
  }
  if (failed !== undefined) throw toRefusal(file, failed);
}

function toRefusal(file: string, error: unknown): CommandError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "it cannot be opened";
  return new CommandError(`Cannot read "${file}": ${code}. Name a file that exists and can be read.`);
}
