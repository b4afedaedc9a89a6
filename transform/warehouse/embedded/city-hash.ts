// CityHash128 as it was in its version 1.0.2, which ClickHouse's compressed blocks keep to: later ones differ.
// 64-bit arithmetic, which V8 does without big numbers where each step is cut.

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const K_MUL = 0x9ddfea08eb382d69n;

type Pair = readonly [bigint, bigint];

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const times = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a * b);
const rotate = (value: bigint, by: bigint): bigint =>
  BigInt.asUintN(64, (value >> by) | BigInt.asUintN(64, value << (64n - by)));
const mix = (value: bigint): bigint => value ^ (value >> 47n);

function hash16(low: bigint, high: bigint): bigint {
  const a = mix(times(low ^ high, K_MUL));
  return times(mix(times(high ^ a, K_MUL)), K_MUL);
}

/** `length` bytes from `at`, 16 at most. */
function hashShort(view: DataView, at: number, length: number): bigint {
  if (length > 8) {
    const a = view.getBigUint64(at, true);
    const b = view.getBigUint64(at + length - 8, true);
    return hash16(a, rotate(u64(b + BigInt(length)), BigInt(length))) ^ b;
  }
  if (length >= 4) {
    const a = BigInt(view.getUint32(at, true));
    return hash16(BigInt(length) + (a << 3n), BigInt(view.getUint32(at + length - 4, true)));
  }
  if (length === 0) return K2;
  const byte = (offset: number) => BigInt(view.getUint8(at + offset));
  const y = byte(0) + (byte(length >> 1) << 8n);
  const z = BigInt(length) + (byte(length - 1) << 2n);
  return times(mix(times(y, K2) ^ times(z, K3)), K2);
}

function hashMedium(view: DataView, at: number, length: number, [low, high]: Pair): Pair {
  let a = low;
  let b = high;
  let c: bigint;
  let d: bigint;
  if (length <= 16) {
    a = times(mix(times(a, K1)), K1);
    c = u64(times(b, K1) + hashShort(view, at, length));
    d = mix(u64(a + (length >= 8 ? view.getBigUint64(at, true) : c)));
  } else {
    const end = at + length;
    c = hash16(u64(view.getBigUint64(end - 8, true) + K1), a);
    d = hash16(u64(b + BigInt(length)), u64(c + view.getBigUint64(end - 16, true)));
    a = u64(a + d);
    for (let from = at; from < end - 16; from += 16) {
      a = times(a ^ times(mix(times(view.getBigUint64(from, true), K1)), K1), K1);
      b ^= a;
      c = times(c ^ times(mix(times(view.getBigUint64(from + 8, true), K1)), K1), K1);
      d ^= c;
    }
  }
  a = hash16(a, c);
  b = hash16(d, b);
  return [a ^ b, hash16(b, a)];
}

/** 32 bytes from `at` with two seeds. */
function weak32(view: DataView, at: number, seedA: bigint, seedB: bigint): Pair {
  const z = view.getBigUint64(at + 24, true);
  let a = u64(seedA + view.getBigUint64(at, true));
  let b = rotate(u64(seedB + a + z), 21n);
  const c = a;
  a = u64(a + view.getBigUint64(at + 8, true) + view.getBigUint64(at + 16, true));
  b = u64(b + rotate(a, 44n));
  return [u64(a + z), u64(b + c)];
}

function hashLong(view: DataView, begin: number, length: number, [low, high]: Pair): Pair {
  const fetch = (offset: number) => view.getBigUint64(offset, true);
  let x = low;
  let y = high;
  let z = times(BigInt(length), K1);
  const v0 = u64(times(rotate(y ^ K1, 49n), K1) + fetch(begin));
  let v: Pair = [v0, u64(times(rotate(v0, 42n), K1) + fetch(begin + 8))];
  let w: Pair = [u64(times(rotate(u64(y + z), 35n), K1) + x), times(rotate(u64(x + fetch(begin + 88)), 53n), K1)];
  let at = begin;
  let left = length;
  for (; left >= 128; left -= 128) {
    for (let half = 0; half < 2; half++, at += 64) {
      x = times(rotate(u64(x + y + v[0] + fetch(at + 16)), 37n), K1) ^ w[1];
      y = times(rotate(u64(y + v[1] + fetch(at + 48)), 42n), K1) ^ v[0];
      z = rotate(z ^ w[0], 33n);
      v = weak32(view, at, times(v[1], K1), u64(x + w[0]));
      w = weak32(view, at + 32, u64(z + w[1]), y);
      [z, x] = [x, z];
    }
  }
  y = u64(y + times(rotate(w[0], 37n), K0) + z);
  x = u64(x + times(rotate(u64(v[0] + z), 49n), K0));
  for (let done = 32; done - 32 < left; done += 32) {
    const tail = at + left - done;
    y = u64(times(rotate(u64(y - x), 42n), K0) + v[1]);
    let w0 = u64(w[0] + fetch(tail + 16));
    x = u64(times(rotate(x, 49n), K0) + w0);
    w0 = u64(w0 + v[0]);
    w = [w0, w[1]];
    v = weak32(view, tail, v[0], v[1]);
  }
  x = hash16(x, v[0]);
  y = hash16(y, w[0]);
  return [u64(hash16(u64(x + v[1]), w[1]) + y), hash16(u64(x + w[1]), u64(y + v[1]))];
}

/** CityHash128 1.0.2: the lower and the upper half. Pure. */
export function toCityHash128(bytes: Uint8Array): Pair {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  if (length < 8) return hashMedium(view, 0, length, [K0, K1]);
  const first = view.getBigUint64(0, true);
  if (length < 16) {
    return hashMedium(view, 0, 0, [first ^ times(BigInt(length), K0), view.getBigUint64(length - 8, true) ^ K1]);
  }
  const seed: Pair = [first ^ K3, view.getBigUint64(8, true)];
  const left = length - 16;
  return left < 128 ? hashMedium(view, 16, left, seed) : hashLong(view, 16, left, seed);
}
