import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentMap } from "../../../ingest/recent-map.ts";

describe("RecentMap", () => {
  it("keeps what is used and lets go what is not", () => {
    const map = new RecentMap<number>(4);
    map.set("used", 1);
    for (let key = 0; key < 20; key += 1) {
      map.set(`k${key}`, key);
      expect(map.get("used")).toBe(1);
    }
    expect(map.get("k0")).toBeUndefined();
    expect(map.get("k19")).toBe(19);
  });

  it("forgets on demand", () => {
    const map = new RecentMap<number>(4);
    map.set("a", 1);
    map.delete("a");
    expect(map.get("a")).toBeUndefined();
  });

  it("ages: what was used since the last time stays, the rest goes", () => {
    const map = new RecentMap<number>(8);
    map.set("used", 1);
    map.set("unused", 2);
    map.age();
    expect(map.get("used")).toBe(1);
    map.age();
    expect([map.get("used"), map.get("unused")]).toEqual([1, undefined]);
  });

  it("never answers another key's value and never grows beyond its size", () => {
    const step = fc.tuple(fc.constantFrom("set", "get", "delete"), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
        const map = new RecentMap<number>(size);
        for (const [what, key] of steps) {
          if (what === "set") map.set(`${key}`, key);
          else if (what === "delete") map.delete(`${key}`);
          else expect([undefined, key]).toContain(map.get(`${key}`));
          expect(map.size).toBeLessThanOrEqual(size);
        }
      }),
    );
  });
});
