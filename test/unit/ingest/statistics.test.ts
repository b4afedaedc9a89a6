import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addView, createStatistics, type View } from "../../../ingest/statistics.ts";
import type { SealedStatistics, StatisticsCell } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";

const VIEW: View = {
  hourMs: toEpochMs(3_600_000),
  site: "s",
  path: "/a",
  referrer: "",
  country: "GB",
  device: "desktop",
  visit: false,
};

function aStore() {
  const records: SealedStatistics[] = [];
  return {
    records,
    append: async (value: Uint8Array) => {
      records.push(JSON.parse(Buffer.from(value).toString()) as SealedStatistics); // our own writing
    },
  };
}

describe("createStatistics()", () => {
  it("appends one record of sums for all who asked in the meantime, and answers them then", async () => {
    const store = aStore();
    const statistics = createStatistics(store.append, 20);
    const answers = [
      statistics.count([VIEW]),
      statistics.count([
        { ...VIEW, visit: true },
        { ...VIEW, path: "/b" },
      ]),
    ];
    expect(store.records).toEqual([]);
    await Promise.all(answers);
    const { visit: _, ...cell } = VIEW;
    expect(store.records).toEqual([
      {
        kind: "statistics",
        v: 1,
        cells: [
          { ...cell, views: 2, visits: 1 },
          { ...cell, path: "/b", views: 1, visits: 0 },
        ],
      },
    ]);
  });

  it("holds sums alone, under nothing of a visitor, and nothing at all after a flush", async () => {
    const store = aStore();
    const statistics = createStatistics(store.append, 20);
    const answers = Array.from({ length: 100 }, (_, visitor) =>
      statistics.count([{ ...VIEW, path: visitor % 2 === 0 ? "/a" : "/b", visit: visitor < 10 }]),
    );
    const held = statistics.held();
    // 100 visitors, two pages: two sums.
    expect(held.map(({ path, views, visits }) => [path, views, visits])).toEqual([
      ["/a", 50, 5],
      ["/b", 50, 5],
    ]);
    for (const cell of held) {
      expect(Object.keys(cell).sort()).toEqual(
        ["hourMs", "site", "path", "referrer", "country", "device", "views", "visits"].sort(),
      );
    }
    await Promise.all(answers);
    expect(statistics.held()).toEqual([]);
  });

  it("lets its sums go when they could not be appended, too", async () => {
    const statistics = createStatistics(() => Promise.reject(new Error("away")), 5);
    await expect(statistics.count([VIEW])).rejects.toThrow("away");
    expect(statistics.held()).toEqual([]);
  });

  it("begins anew after a flush", async () => {
    const store = aStore();
    const statistics = createStatistics(store.append, 5);
    await statistics.count([VIEW]);
    await statistics.count([VIEW]);
    expect(store.records.map((record) => record.cells[0]?.views)).toEqual([1, 1]);
  });

  it("writes nothing for nothing", async () => {
    const store = aStore();
    await createStatistics(store.append, 5).count([]);
    expect(store.records).toEqual([]);
  });

  it("flushes early when there are many different cells", async () => {
    const store = aStore();
    const statistics = createStatistics(store.append, 60_000, 3);
    await statistics.count(["/1", "/2", "/3"].map((path) => ({ ...VIEW, path })));
    expect(store.records[0]?.cells).toHaveLength(3);
  });

  it("tells everyone who waits if the record could not be appended, and lets those sums go", async () => {
    const store = aStore();
    let fails = true;
    const statistics = createStatistics(
      (value) => (fails ? Promise.reject(new Error("full")) : store.append(value)),
      5,
    );
    const answers = await Promise.allSettled([statistics.count([VIEW]), statistics.count([VIEW])]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    fails = false;
    await statistics.count([VIEW]);
    expect(store.records.map((record) => record.cells[0]?.views)).toEqual([1]);
  });
});

describe("addView()", () => {
  it("loses and invents nothing, whatever the order", () => {
    const view = fc
      .record({ path: fc.constantFrom("/a", "/b"), referrer: fc.constantFrom("", "x"), visit: fc.boolean() })
      .map((changes) => ({ ...VIEW, ...changes }));
    fc.assert(
      fc.property(fc.array(view), (views) => {
        const cells = new Map<string, StatisticsCell>();
        for (const one of views) addView(cells, one);
        const sum = (pick: (cell: StatisticsCell) => number) =>
          [...cells.values()].reduce((total, cell) => total + pick(cell), 0);
        return (
          sum((cell) => cell.views) === views.length &&
          sum((cell) => cell.visits) === views.filter(({ visit }) => visit).length &&
          cells.size <= 4
        );
      }),
    );
  });
});
