import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { BlockEncoder } from "./block-encoder.ts";
import type { EngineResult } from "./chdb-sessions.ts";
import { toHttpStatus, type WarehouseException } from "./exceptions.ts";
import { toContentType } from "./formats.ts";
import { refuseTypes, toRevision } from "./native-revision.ts";
import type { Packing } from "./request.ts";

/** What the answer to one request is sent through. */
export interface AnswerOptions {
  readonly queryId: string;
  /** Fires when the client has gone. */
  readonly signal: AbortSignal;
}

const PIECE_BYTES = 256 * 1024;

type Counted = "read_rows" | "read_bytes" | "written_rows" | "written_bytes" | "result_rows" | "elapsed_ns";
type Summary = Partial<Record<Counted, number>>;

function toSummary(numbers: Summary): string {
  const names = ["read_rows", "read_bytes", "written_rows", "written_bytes", "total_rows_to_read", "result_rows"];
  const all = { ...Object.fromEntries([...names, "result_bytes", "elapsed_ns"].map((name) => [name, 0])), ...numbers };
  return JSON.stringify(all, (_name, value) => (typeof value === "number" ? String(Math.round(value)) : value));
}

/** The counts of a statement that has ended, as `X-ClickHouse-Summary` tells them. */
export function toReadSummary(result: EngineResult): Summary {
  return { read_rows: result.rowsRead, read_bytes: result.bytesRead, elapsed_ns: result.elapsedSeconds * 1e9 };
}

function setHeaders(response: ServerResponse, { queryId }: AnswerOptions): void {
  response.setHeader("X-ClickHouse-Query-Id", queryId);
  response.setHeader("X-ClickHouse-Server-Display-Name", "roebuck");
  response.setHeader("X-ClickHouse-Timezone", "UTC");
}

/** Sends one answer; its headers leave with the first piece, so an error before that has a status of its own. */
export class Answer {
  readonly #response: ServerResponse;
  /** The format of the result, once the statement says which. */
  format: string;
  /** How the client asked for the body: as it is, as gzip, or in ClickHouse's own compressed blocks. */
  packing: Packing = "none";
  /** Revision of the protocol that the client reads Native in; 0: as the engine writes it. */
  revision = 0;

  constructor(response: ServerResponse, options: AnswerOptions, format: string) {
    this.#response = response;
    this.format = format;
    setHeaders(response, options);
  }

  /** Sends bytes that are all there. */
  async sendBytes(bytes: Uint8Array, summary: Summary): Promise<void> {
    if (this.#isRevised) return this.#sendRevised(() => Readable.from([bytes]), summary);
    if (this.packing === "none") this.#response.setHeader("Content-Length", bytes.length);
    this.#begin(summary).end(bytes);
  }

  /** Sends a file that the engine has written, piece by piece, no faster than the client takes them. */
  async sendFile(path: string, summary: Summary): Promise<void> {
    const open = () => createReadStream(path, { highWaterMark: PIECE_BYTES });
    if (this.#isRevised) return this.#sendRevised(open, summary);
    const { size } = await stat(path);
    if (this.packing === "none") this.#response.setHeader("Content-Length", size);
    await pipeline(open(), this.#begin(summary));
  }

  async #sendRevised(open: () => Readable, summary: Summary): Promise<void> {
    await refuseTypes(open()); // while there is still a status to tell it by
    await pipeline(
      open(),
      (chunks: AsyncIterable<Uint8Array>) => toRevision(chunks, this.revision),
      this.#begin(summary),
    );
  }

  /**
   * Says that the statement failed.
   *
   * Once a part of the result has left, its status can no longer tell: then the connection breaks off without an
   * end, so that no client takes the part for the whole.
   */
  sendException(exception: WarehouseException): void {
    const response = this.#response;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const name of ["Content-Length", "Content-Encoding", "X-ClickHouse-Format"]) response.removeHeader(name);
    response.statusCode = toHttpStatus(exception.code);
    response.setHeader("Content-Type", "text/plain; charset=UTF-8");
    response.setHeader("X-ClickHouse-Exception-Code", String(exception.code));
    response.end(`${exception.message}\n`);
  }

  get #isRevised(): boolean {
    return this.revision > 0 && this.format === "Native";
  }

  #begin(summary: Summary): Writable {
    const response = this.#response;
    response.statusCode = 200;
    response.setHeader("Content-Type", toContentType(this.format));
    response.setHeader("X-ClickHouse-Format", this.format);
    response.setHeader("X-ClickHouse-Summary", toSummary(summary));
    if (this.packing === "none") return response;
    if (this.packing === "gzip") response.setHeader("Content-Encoding", "gzip");
    const packer = this.packing === "gzip" ? createGzip({ level: 1 }) : new BlockEncoder();
    packer.on("error", () => response.destroy());
    packer.pipe(response);
    return packer;
  }
}
