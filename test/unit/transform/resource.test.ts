import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SealedEvent } from "../../../schemas/event.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import { ResourceTitles } from "../../../transform/resource.ts";
import { anEvent, aPerson, aSealedBeacon, NOW } from "../../fixtures/transform-events.ts";

type Seen = readonly [secondsAgo: number, partner: string, event: Partial<SealedEvent>];

function toRows(...seen: readonly Seen[]) {
  const titles = new ResourceTitles();
  for (const [secondsAgo, ptn, event] of seen) {
    titles.add(aSealedBeacon({ person: aPerson({ ptn }) }), anEvent(event), toEpochMs(NOW - secondsAgo * 1_000));
  }
  return [...titles.rows()];
}

const GUIDE = { id: "r1", type: "guide", topic: "safety" };

describe("ResourceTitles", () => {
  test("rows() names the page of a page view", () => {
    expect(toRows([5, "acme", { path: "/a", title: "A" }])).toEqual([
      { partner: "acme", kind: "page", id: "/a", title: "A", type: "", topic: "", at: NOW - 5_000 },
    ]);
  });

  test("rows() names the resource and the page that shows it", () => {
    const rows = toRows([0, "acme", { path: "/a", title: "A", resource: GUIDE }]);
    expect(rows.map(({ kind, id, title, type, topic }) => [kind, id, title, type, topic])).toEqual([
      ["resource", "r1", "A", "guide", "safety"],
      ["page", "/a", "A", "", ""],
    ]);
  });

  test("rows() keeps the latest title of each Partner", () => {
    const rows = toRows(
      [9, "acme", { path: "/a", title: "Oldest" }],
      [1, "acme", { path: "/a", title: "Latest" }],
      [5, "acme", { path: "/a", title: "Between" }],
      [7, "beta", { path: "/a", title: "Other" }],
    );
    expect(rows.map(({ partner, title }) => [partner, title])).toEqual([
      ["acme", "Latest"],
      ["beta", "Other"],
    ]);
  });

  test("rows() never lets an action without a title replace one", () => {
    const download = { type: "download", resource: GUIDE, title: "" } as const;
    const rows = toRows([9, "acme", { title: "Guide", resource: GUIDE, path: "/g" }], [1, "acme", download]);
    expect(rows.find(({ kind }) => kind === "resource")).toMatchObject({ title: "Guide", at: NOW - 9_000 });
    expect(toRows([1, "acme", download])).toMatchObject([{ title: "", type: "guide", at: 0 }]);
  });

  test("rows() keeps the text of a download's link apart from the title of the page", () => {
    const page = { title: "Recognising neglect", resource: GUIDE, path: "/g" };
    const link = { type: "download", resource: GUIDE, title: "Download (PDF)" } as const;
    const named = toRows([9, "acme", page], [1, "acme", link]).map(({ kind, title }) => [kind, title]);
    expect(named).toEqual([
      ["resource", "Recognising neglect"],
      ["file", "Download (PDF)"],
      ["page", "Recognising neglect"],
    ]);
  });

  test("rows() says nothing of searches and of pages without a title", () => {
    expect(toRows([1, "acme", { type: "search", title: "Results" }], [1, "acme", { title: "" }])).toEqual([]);
  });

  test("rows() is the same in any order", () => {
    const seen = fc.tuple(
      fc.nat({ max: 3 }),
      fc.constantFrom("acme", "beta"),
      fc.record({
        path: fc.constantFrom("/a", "/b"),
        title: fc.constantFrom("A", "B", ""),
        resource: fc.constantFrom(GUIDE, { id: "r1", type: "video" }),
      }),
    );
    const sorted = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort();
    fc.assert(
      fc.property(fc.array(seen, { maxLength: 8 }), (list) => {
        const rows = toRows(...list);
        const reversed = toRows(...list.toReversed());
        expect(sorted(reversed)).toEqual(sorted(rows));
      }),
    );
  });
});
