import type { Readable } from "node:stream";
import { NativeReader } from "./native-reader.ts";

/** From this revision on each block begins with its BlockInfo. */
const WITH_BLOCK_INFO = 1;
/** From this revision on each column says whether its serialization is a special one. */
const WITH_SERIALIZATION = 54_454;
/** Not overflows (field 1), no bucket (field 2: -1), end. */
const BLOCK_INFO = Buffer.of(1, 0, 2, 255, 255, 255, 255, 0);
const PLAIN = Buffer.of(0);

/**
 * Puts into a result in Native what a client of this protocol revision expects, and the engine in process leaves out:
 * ClickHouse's server does so where `client_protocol_version` is in the address, as Go's driver sends it.
 *
 * @param chunks the result as the engine writes it, for revision 0
 * @throws WarehouseException 48 if a column's extent cannot be told from its type
 * @see ClickHouse, NativeWriter: BlockInfo, and the flag of custom serialization
 */
export async function* toRevision(chunks: AsyncIterable<Uint8Array>, revision: number): AsyncGenerator<Buffer> {
  const reader = new NativeReader(chunks);
  while (!(await reader.isAtEnd())) yield* passBlock(reader, revision);
}

/** Throws as {@link toRevision} does, from the first block alone: the types of all blocks are the same. Ends the stream. */
export async function refuseTypes(chunks: Readable): Promise<void> {
  const reader = new NativeReader(chunks);
  try {
    if (await reader.isAtEnd()) return;
    for await (const _ of passBlock(reader, 0)); // nothing of it is wanted
  } finally {
    chunks.destroy();
  }
}

async function* passBlock(reader: NativeReader, revision: number): AsyncGenerator<Buffer> {
  if (revision >= WITH_BLOCK_INFO) yield BLOCK_INFO;
  const columns = await reader.readCount();
  const rows = await reader.readCount();
  yield reader.take();
  for (let i = 0; i < columns; i++) {
    await reader.readText(); // its name
    const type = await reader.readText();
    yield reader.take();
    if (revision >= WITH_SERIALIZATION) yield PLAIN;
    if (rows > 0) yield* reader.skipColumn(type, rows);
  }
}
