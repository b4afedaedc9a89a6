import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { countForSend, toHourStart, toPieces, toRecordBytes } from "../../../../ingest/log/kafka-batching.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const ofBytes = (...sizes: readonly number[]) => sizes.map((bytes) => ({ bytes }));

describe("countForSend()", () => {
  it.each([
    ["everything that fits", ofBytes(10, 20, 30), 60, 3],
    ["whole appends only", ofBytes(10, 20, 31), 60, 2],
    ["one at least, however large", ofBytes(100, 1), 60, 1],
    ["nothing if nothing waits", [], 60, 0],
  ])("takes %s", (_, waiting, bytesMax, count) => {
    expect(countForSend(waiting, bytesMax)).toBe(count);
  });
});

describe("toPieces()", () => {
  test("keeps every record in order, in pieces that are small enough or a single record", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300)), fc.integer({ min: 1, max: 1_000 }), (sizes, bytesMax) => {
        const records = sizes.map((bytes, index) => ({ key: String(index), value: new Uint8Array(bytes) }));
        const pieces = toPieces(records, bytesMax);
        expect(pieces.flat()).toEqual(records);
        for (const piece of pieces) {
          const bytes = piece.reduce((sum, record) => sum + toRecordBytes(record), 0);
          expect(piece.length === 1 || bytes <= bytesMax).toBe(true);
        }
      }),
    );
  });
});

test("toRecordBytes() is no less than the key and value take", () => {
  const record = { key: "Ünïcode 🦌", value: new Uint8Array(10) };
  expect(toRecordBytes(record)).toBeGreaterThan(Buffer.byteLength(record.key) + 10);
});

test("toHourStart() cuts off minutes, seconds and milliseconds, UTC", () => {
  expect(toHourStart(toEpochMs(Date.UTC(2026, 10, 2, 10, 59, 59, 999)))).toBe(Date.UTC(2026, 10, 2, 10));
});
