import { Transform, type TransformCallback } from "node:stream";
import { toCityHash128 } from "./city-hash.ts";

const BLOCK_BYTES = 64 * 1024;
const CHECKSUM_BYTES = 16;
/** Method, length of the block from here on, length of what is in it. */
const HEAD_BYTES = 9;
const LZ4 = 0x82;

/** Bytes as one LZ4 sequence of literals: its length, 15 and then in steps of 255, and the bytes as they are. */
function toLiterals(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  if (length < 15) return Buffer.concat([Buffer.of(length << 4), bytes]);
  const rest = length - 15;
  const steps = Buffer.alloc(Math.floor(rest / 255) + 1, 255);
  steps[steps.length - 1] = rest % 255;
  return Buffer.concat([Buffer.of(0xf0), steps, bytes]);
}

/**
 * One block of ClickHouse's own compression: checksum, method, lengths, LZ4.
 *
 * In form only: nothing is made smaller, because the engine is on the same machine, and compressing would cost more
 * than the bytes. Clients that ask for it (`compress=1`, as JDBC and Go do by default) take no other form.
 */
export function toBlock(bytes: Uint8Array): Buffer {
  const literals = toLiterals(bytes);
  const block = Buffer.alloc(CHECKSUM_BYTES + HEAD_BYTES + literals.length);
  block.writeUInt8(LZ4, CHECKSUM_BYTES);
  block.writeUInt32LE(HEAD_BYTES + literals.length, CHECKSUM_BYTES + 1);
  block.writeUInt32LE(bytes.length, CHECKSUM_BYTES + 5);
  block.set(literals, CHECKSUM_BYTES + HEAD_BYTES);
  const [low, high] = toCityHash128(block.subarray(CHECKSUM_BYTES));
  block.writeBigUInt64LE(low, 0);
  block.writeBigUInt64LE(high, 8);
  return block;
}

/** Puts what passes into such blocks. */
export class BlockEncoder extends Transform {
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) this.push(toBlock(chunk.subarray(at, at + BLOCK_BYTES)));
    done();
  }
}
