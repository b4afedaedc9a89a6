import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimit } from "../../../ingest/limits.ts";
import { toEpochMs } from "../../../schemas/ids.ts";

const at = (seconds: number) => toEpochMs(1_000_000_000_000 + seconds * 1_000);

describe("RateLimit", () => {
  it("lets a minute's allowance through at once, then one by one as time passes", () => {
    const limit = new RateLimit(60);
    for (let request = 0; request < 60; request += 1) expect(limit.take("a", at(0))).toBe(0);
    expect(limit.take("a", at(0))).toBe(1);
    expect(limit.take("a", at(0.5))).toBe(1);
    expect(limit.take("a", at(1))).toBe(0);
    expect(limit.take("a", at(1))).toBe(1);
    expect(limit.take("a", at(61))).toBe(0);
  });

  it("tells how long to wait", () => {
    const limit = new RateLimit(2);
    limit.take("a", at(0));
    limit.take("a", at(0));
    expect(limit.take("a", at(0))).toBe(30);
    expect(limit.waitS("a", at(10))).toBe(20);
    expect(limit.waitS("a", at(30))).toBe(0);
  });

  it("keeps keys apart", () => {
    const limit = new RateLimit(1);
    expect(limit.take("a", at(0))).toBe(0);
    expect(limit.take("b", at(0))).toBe(0);
    expect(limit.take("a", at(0))).toBeGreaterThan(0);
  });

  it("sets no limit at 0", () => {
    const limit = new RateLimit(0);
    for (let request = 0; request < 1_000; request += 1) expect(limit.take("a", at(0))).toBe(0);
    expect(limit.size).toBe(0);
  });

  it("remembers a bounded number of keys, and forgets full buckets first", () => {
    const limit = new RateLimit(60, 100);
    for (let request = 0; request < 60; request += 1) limit.take("busy", at(100));
    for (let key = 0; key < 99; key += 1) limit.take(`idle-${key}`, at(0));
    expect(limit.size).toBe(100);
    limit.take("one more", at(100));
    expect(limit.size).toBe(2);
    expect(limit.take("busy", at(100))).toBeGreaterThan(0);
    for (let key = 0; key < 10_000; key += 1) limit.take(`flood-${key}`, at(100));
    expect(limit.size).toBeLessThanOrEqual(100);
  });

  it("never lets through more than the allowance and what has refilled", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 300 }),
        (perMinute, gapsMs) => {
          const limit = new RateLimit(perMinute);
          let ms = 1_000_000_000_000;
          const start = ms;
          let taken = 0;
          for (const gap of gapsMs) {
            ms += gap;
            if (limit.take("a", toEpochMs(ms)) === 0) taken += 1;
          }
          return taken <= perMinute + ((ms - start) / 60_000) * perMinute + 1e-6;
        },
      ),
    );
  });
});
