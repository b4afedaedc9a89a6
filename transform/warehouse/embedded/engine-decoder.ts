import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { toServerException } from "./exceptions.ts";
import { toOutfile } from "./plan.ts";
import { BodyReader, type PassingFile } from "./request-body.ts";
import type { Runner } from "./statement-runner.ts";
import { toStringLiteral } from "./values.ts";

/** Content encodings that the engine can undo and Node cannot; Python's client sends lz4 unless told otherwise. */
const ENGINE_ENCODINGS: readonly string[] = ["lz4", "snappy", "xz"];

/** True if a body in this encoding must pass through the engine. */
export function isDecodedInEngine(encoding: string): boolean {
  return ENGINE_ENCODINGS.includes(encoding);
}

/** A decoded body, and the file it is read from, to be disposed of after it. */
export interface DecodedBody {
  readonly body: Readable;
  readonly file: PassingFile;
}

/**
 * Undoes an encoding in the engine: from one file to another, whole in the engine's memory on its way.
 *
 * @throws WarehouseException if the body is not in that encoding, or larger than the engine's memory
 */
export async function decodeInEngine(runner: Runner, incoming: Readable, encoding: string): Promise<DecodedBody> {
  await using packed = await runner.files.write(Buffer.alloc(0), new BodyReader(incoming));
  const file = runner.files.reserve();
  const source = `file(${toStringLiteral(packed.path)}, 'RawBLOB', 'auto', ${toStringLiteral(encoding)})`;
  await using lease = await runner.engine.lease("tally");
  await lease
    .run(`SELECT * FROM ${source} ${toOutfile(file.path)}FORMAT RawBLOB`, "Null")
    .catch(async (error: unknown) => {
      await file[Symbol.asyncDispose]();
      throw toServerException(error, runner.errorNames, [
        [file.path, "the request body"],
        [packed.path, "the request body"],
      ]);
    });
  return { body: createReadStream(file.path), file };
}
