import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartitionTurn } from "../../../../ingest/log/kafka-turn.ts";
import type { StoredRecord } from "../../../../schemas/ports.ts";

function recordsOf(first: number, last: number, bytes = 1): readonly StoredRecord[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    key: "",
    value: new Uint8Array(bytes),
    offset: first + index,
  }));
}

function offsetsOf(records: readonly StoredRecord[] | undefined): readonly (number | undefined)[] {
  return [records?.[0]?.offset, records?.at(-1)?.offset];
}

describe("PartitionTurn.take()", () => {
  test("gives no more than the limits, but one record at least", () => {
    const turn = new PartitionTurn({ offset: 10 });
    turn.push(recordsOf(10, 29, 100));
    expect(offsetsOf(turn.take(3, 1_000))).toEqual([10, 12]);
    expect(offsetsOf(turn.take(100, 250))).toEqual([13, 14]);
    expect(offsetsOf(turn.take(100, 1))).toEqual([15, 15]);
    expect(turn.bytes).toBe(1_400);
  });

  test("gives a noted range first, whole and alone, whatever the limits", () => {
    const turn = new PartitionTurn({ offset: 5, noted: { first: 5, last: 9 } });
    turn.push(recordsOf(5, 8));
    expect([turn.take(100, 100), turn.lacks]).toEqual([undefined, true]);
    turn.push(recordsOf(9, 20));
    expect(offsetsOf(turn.take(1, 1))).toEqual([5, 9]);
    expect(offsetsOf(turn.take(100, 100))).toEqual([10, 20]);
  });

  test("passes over records that it has, and never spans a gap", () => {
    const turn = new PartitionTurn({ offset: 0 });
    expect(turn.push([...recordsOf(0, 3), ...recordsOf(2, 4)])).toBeUndefined();
    const gap = turn.push(recordsOf(8, 9));
    expect(gap).toEqual({ first: 5, last: 7 });
    if (gap !== undefined) turn.skip(gap);
    turn.push(recordsOf(8, 9));
    expect(offsetsOf(turn.take(100, 100))).toEqual([0, 4]);
    expect(turn.mayBegin({ first: 8, last: 9 })).toBe(false);
    turn.begin({ first: 0, last: 4 });
    turn.finish({ first: 0, last: 4 });
    expect(offsetsOf(turn.take(100, 100))).toEqual([8, 9]);
    expect(turn.mayBegin({ first: 8, last: 9 })).toBe(true);
  });

  test("goes on when a record of the noted range is gone", () => {
    const turn = new PartitionTurn({ offset: 5, noted: { first: 5, last: 9 } });
    turn.push(recordsOf(5, 6));
    expect(turn.skip({ first: 7, last: 7 })).toEqual({ first: 5, last: 9 });
    turn.push(recordsOf(8, 12));
    expect(offsetsOf(turn.take(100, 100))).toEqual([5, 6]);
    expect(offsetsOf(turn.take(100, 100))).toEqual([8, 12]);
  });
});

describe("PartitionTurn.mayBegin()", () => {
  test("allows the range that follows what is done, and nothing else", () => {
    const turn = new PartitionTurn({ offset: 10 });
    turn.push(recordsOf(10, 30));
    expect(turn.mayBegin({ first: 10, last: 15 })).toBe(true);
    expect(turn.mayBegin({ first: 11, last: 15 })).toBe(false);
    expect(turn.mayBegin({ first: 9, last: 15 })).toBe(false);
    turn.begin({ first: 10, last: 15 });
    expect(turn.mayBegin({ first: 10, last: 15 })).toBe(true); // noting it twice changes nothing
    expect(turn.mayBegin({ first: 10, last: 16 })).toBe(false);
    expect(turn.mayEnd({ first: 10, last: 16 })).toBe(false);
    turn.finish({ first: 10, last: 15 });
    expect(turn.mayBegin({ first: 16, last: 20 })).toBe(true);
  });

  test("lets a range of an earlier turn be begun, which is then not handed out again", () => {
    const turn = new PartitionTurn({ offset: 10 });
    turn.push(recordsOf(10, 12));
    expect(turn.mayBegin({ first: 10, last: 14 })).toBe(true);
    turn.begin({ first: 10, last: 14 });
    turn.push(recordsOf(13, 18));
    expect(offsetsOf(turn.take(100, 100))).toEqual([15, 18]);
  });
});

describe("PartitionTurn.rewind()", () => {
  test("hands out again what was handed out and not begun", () => {
    const turn = new PartitionTurn({ offset: 0 });
    turn.push(recordsOf(0, 9));
    turn.take(3, 100);
    turn.begin({ first: 0, last: 2 });
    turn.take(3, 100);
    turn.rewind();
    expect([turn.end, turn.bytes]).toEqual([3, 0]);
    turn.push(recordsOf(0, 9));
    expect(offsetsOf(turn.take(100, 100))).toEqual([3, 9]);
  });

  test("hands out the noted range again if it was not begun here", () => {
    const turn = new PartitionTurn({ offset: 5, noted: { first: 5, last: 9 } });
    turn.push(recordsOf(5, 12));
    turn.rewind();
    turn.push(recordsOf(5, 12));
    expect(offsetsOf(turn.take(100, 100))).toEqual([5, 9]);
  });
});

test("PartitionTurn gives every record once, whatever is read twice, taken, begun, ended or read again", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), back: fc.nat(5), count: fc.nat(10) }),
    fc.record({ kind: fc.constant("work" as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant("rewind" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const turn = new PartitionTurn({ offset: 0 });
      const done: number[] = [];
      for (const one of steps) {
        if (one.kind === "push") {
          const first = Math.max(0, turn.end - one.back);
          turn.push(recordsOf(first, first + one.count));
        } else if (one.kind === "rewind") turn.rewind();
        else {
          const records = turn.take(one.count, 1_000);
          const [first, last] = offsetsOf(records);
          if (records === undefined || first === undefined || last === undefined) continue;
          expect(turn.mayBegin({ first, last })).toBe(true);
          turn.begin({ first, last });
          turn.finish({ first, last });
          done.push(...records.map(({ offset }) => offset));
        }
      }
      expect(done).toEqual(done.map((_, index) => index));
    }),
  );
});
