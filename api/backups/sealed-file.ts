import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline, Readable, type Transform } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";

/** What an encrypted file came to. */
export interface SealedFile {
  /** Of the file on the disk. */
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of what went in. */
  readonly contentSha256: string;
}

/** A file of a backup is not what was written, or the key is not the one it was written for. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
}

/**
 * Packs (zstd) and encrypts (age) a stream into a new file and syncs it to the disk; memory stays flat. Whoever fails
 * leaves a file that no manifest names.
 *
 * @throws whatever the stream or the disk throws
 */
export async function writeSealedFile(
  file: string,
  content: AsyncIterable<Uint8Array>,
  recipient: string,
): Promise<SealedFile> {
  const inside = createHash("sha256");
  const outside = createHash("sha256");
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const packed = through(hashed(content, inside), createZstdCompress());
  const sealed = await encrypter.encrypt(toWeb(packed));
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const chunk of sealed) {
      await handle.writeFile(chunk);
      outside.update(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: outside.digest("hex"), contentSha256: inside.digest("hex") };
}

/**
 * What an encrypted file holds, as it comes. At its end everything is compared: only then what came may be trusted.
 *
 * @throws SealBroken if the file is missing, cut, changed, or was written for another key
 */
export async function* readSealedFile(file: string, wanted: SealedFile, identity: string): AsyncGenerator<Uint8Array> {
  const inside = createHash("sha256");
  const outside = createHash("sha256");
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const packed = await decrypter.decrypt(toWeb(hashed(createReadStream(file), outside)));
    for await (const chunk of through(packed, createZstdDecompress())) {
      inside.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw toSealBroken(file, error);
  }
  if (outside.digest("hex") !== wanted.sha256 || inside.digest("hex") !== wanted.contentSha256) {
    throw toSealBroken(file, undefined);
  }
}

/** Compares an encrypted file with what was written, without opening it. Throws SealBroken. */
export async function verifySealedBytes(file: string, wanted: Pick<SealedFile, "sha256">): Promise<void> {
  const outside = createHash("sha256");
  try {
    for await (const _ of hashed(createReadStream(file), outside));
  } catch (error) {
    throw toSealBroken(file, error);
  }
  if (outside.digest("hex") !== wanted.sha256) throw toSealBroken(file, undefined);
}

function toSealBroken(file: string, error: unknown): SealBroken {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const isOtherKey = error instanceof Error && /no identity matched/.test(error.message);
  if (isMissing) return new SealBroken(`Cannot read "${file}": it is not there. Use another backup.`);
  if (isOtherKey) {
    return new SealBroken(`Cannot read "${file}": it was encrypted for another key. Give that key: --identity FILE`);
  }
  return new SealBroken(`Cannot read "${file}": it is not what was written. Use another backup.`);
}

/** A failure of the source comes out at the end, as an error of the stream. */
function through(content: AsyncIterable<Uint8Array>, transform: Transform): AsyncIterable<Uint8Array> {
  pipeline(Readable.from(content, { objectMode: false }), transform, () => undefined);
  return transform;
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** As the encryption takes it: pulled, so that a slow disk holds up the source. */
function toWeb(content: AsyncIterable<Uint8Array>): globalThis.ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  ) as globalThis.ReadableStream<Uint8Array>; // the same class, under its global name
}
