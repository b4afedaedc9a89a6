import { describe, expect, it } from "vitest";
import { openQueryNotes } from "../../../api/query-notes.ts";
import { toEpochMs } from "../../../schemas/ids.ts";
import type { Warehouse } from "../../../schemas/ports.ts";
import type { AnalystQuery } from "../../../transform/warehouse/embedded/query-note.ts";

/** Notes over an audit trail that is a list, and that can be away. */
function aTrail(options: Parameters<typeof openQueryNotes>[1] = {}) {
  const rows: Record<string, unknown>[] = [];
  const complaints: string[] = [];
  const state = { isAway: false };
  const warehouse = {
    async insertRows(_table: string, entries: readonly Record<string, unknown>[]) {
      if (state.isAway) throw new Error("away");
      rows.push(...entries);
    },
  } as unknown as Warehouse; // nothing else of it is used
  const logger = { error: (message: string) => complaints.push(message), warn: () => {}, info: () => {} };
  const notes = openQueryNotes(
    { warehouse, clock: { nowMs: () => toEpochMs(Date.UTC(2026, 10, 3)) }, logger: logger as never }, // only error is used
    options,
  );
  const told = () => rows.map(({ actor, action, detail }) => [actor, action, JSON.parse(String(detail))]);
  return { notes, told, complaints, state };
}

const aQuery = (more: Partial<AnalystQuery> = {}): AnalystQuery => ({
  ...{ user: "ada", tables: ["engagement_v1"], digest: "d1", rows: 10, elapsedMs: 5 },
  ...more,
});

describe("openQueryNotes()", () => {
  it("notes the first of a query at once, and its repeats as one sum at the end of the hour", async () => {
    const { notes, told } = aTrail();
    for (let i = 0; i < 3_600; i += 1) await notes.note(aQuery());
    const first = ["ada", "views.query", { digest: "d1", views: "engagement_v1", rows: 10, ms: 5 }];
    expect(told()).toEqual([first]);
    await notes.flush();
    const sum = { digest: "d1", views: "engagement_v1", repeats: 3_599, rows: 35_990, ms: 17_995 };
    expect(told()).toEqual([first, ["ada", "views.query", sum]]);
    await notes.note(aQuery());
    expect(told()).toHaveLength(3);
  });

  it("tells analysts, queries and refusals apart", async () => {
    const { notes, told } = aTrail();
    await notes.note(aQuery());
    await notes.note(aQuery({ user: "bea" }));
    await notes.note(aQuery({ digest: "d2", tables: ["attendance_v1", "engagement_v1"] }));
    await notes.note(aQuery({ digest: "", tables: [], rows: 0, elapsedMs: 0, refused: 497 }));
    await notes.note(aQuery({ digest: "", tables: [], rows: 0, elapsedMs: 0, refused: 497 }));
    await notes[Symbol.asyncDispose]();
    expect(told()).toEqual([
      ["ada", "views.query", { digest: "d1", views: "engagement_v1", rows: 10, ms: 5 }],
      ["bea", "views.query", { digest: "d1", views: "engagement_v1", rows: 10, ms: 5 }],
      ["ada", "views.query", { digest: "d2", views: "attendance_v1,engagement_v1", rows: 10, ms: 5 }],
      ["ada", "views.query", { refused: 497 }],
      ["ada", "views.query", { refused: 497, repeats: 1 }],
    ]);
  });

  it("makes no more entries than it may, however many different queries there are", async () => {
    const { notes, told } = aTrail({ digestsMax: 3 });
    for (let i = 0; i < 1_000; i += 1) await notes.note(aQuery({ digest: `d${i}` }));
    await notes.flush();
    expect(told()).toHaveLength(5);
    expect(told().at(-1)).toEqual([
      "ada",
      "views.query",
      { views: "engagement_v1", repeats: 996, rows: 9_960, ms: 4_980 },
    ]);
  });

  it("throws if the first cannot be noted, also to those who wait for it, and tries again with the next", async () => {
    const { notes, told, state } = aTrail();
    state.isAway = true;
    const both = await Promise.allSettled([notes.note(aQuery()), notes.note(aQuery())]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    state.isAway = false;
    await notes.note(aQuery());
    expect(told()).toHaveLength(1);
  });

  it("says so if the sums cannot be noted", async () => {
    const { notes, complaints, state } = aTrail();
    await notes.note(aQuery());
    await notes.note(aQuery());
    state.isAway = true;
    await notes.flush();
    expect(complaints).toEqual(["how often analysts asked again could not be noted"]);
  });
});
