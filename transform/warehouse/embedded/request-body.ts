import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { pipeline as pipelineAsync } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { toException } from "./exceptions.ts";

/** Rows that one request may bring, in bytes after decompression. */
export const ROWS_BYTES_MAX = 1024 ** 3;
/** Pieces of a body wait in memory up to this and are written together: a call a piece took longer than the insert. */
const WRITE_BYTES = 1024 ** 2;

function toDecoder(encoding: string) {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    case "zstd":
      return createZstdDecompress();
    default:
      throw toException("unknownCompression", "Unknown compression method in Content-Encoding");
  }
}

/** The body of a request without its content encoding; whoever stops reading it early must destroy it. */
export function openBody(request: IncomingMessage, encoding: string): Readable {
  if (encoding === "identity" || encoding === "") return request;
  const decoder = toDecoder(encoding);
  pipeline(request, decoder, () => {}); // an error reaches whoever reads the decoder
  return decoder;
}

/** Reads a body piece by piece, and can be asked for its beginning first. */
export class BodyReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #isDone = false;

  constructor(body: Readable) {
    this.#pieces = body.iterator({ destroyOnReturn: false });
  }

  /** Reads until there are at least so many bytes, or no more. */
  async head(bytesMin: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let bytes = 0; bytes < bytesMin && !this.#isDone; ) {
      const piece = await this.next();
      if (piece !== undefined) {
        pieces.push(piece);
        bytes += piece.length;
      }
    }
    return Buffer.concat(pieces);
  }

  /** The next piece; nothing at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.#isDone) return undefined;
    const { done, value } = await this.#pieces.next();
    this.#isDone = done === true;
    return this.#isDone ? undefined : value;
  }
}

/** A file that holds the rows of one request, or its result; removed on disposal. */
export interface PassingFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * The folder of files that live as long as one request.
 *
 * Rows can be personal data: the files are the owner's alone, and what a killed process left is removed at start.
 */
export class PassingFiles {
  readonly #folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<PassingFiles> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
    return new PassingFiles(folder);
  }

  /** A name for a file that does not exist yet. */
  reserve(): PassingFile {
    const path = join(this.#folder, `${++this.#count}`);
    return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
  }

  /**
   * Writes rows to a file: what was read already, then the rest of the body.
   *
   * @throws WarehouseException if there are more bytes than allowed
   */
  async write(head: Buffer, rest: BodyReader): Promise<PassingFile & { readonly bytes: number }> {
    const file = this.reserve();
    let bytes = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for (let piece: Buffer | undefined = head; piece !== undefined; piece = await rest.next()) {
        bytes += piece.length;
        if (bytes > ROWS_BYTES_MAX) throw toException("queryTooLarge", `Body is larger than ${ROWS_BYTES_MAX} bytes`);
        if (piece.length > 0) yield piece;
      }
    }
    try {
      const options = { flags: "wx", mode: 0o600, highWaterMark: WRITE_BYTES };
      await pipelineAsync(counted, createWriteStream(file.path, options));
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
    return { ...file, bytes };
  }
}
