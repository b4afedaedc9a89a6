import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { DROP_REASON_NAMES } from "../../schemas/verdict.ts";
import {
  type Action,
  aMonth,
  CLOSE_SETTINGS,
  type CloseStore,
  insertActions,
  insertOthers,
  insertPartners,
  type OtherEvent,
  openCloseStore,
  toTestId,
} from "../fixtures/close-store.ts";
import { aCount, showAlone } from "../fixtures/counted-figures.ts";
import { countByModel, type ModelUse } from "../fixtures/counting-model.ts";

const MONTH = "2026-10";
const ZONES = ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"];
const IDS_MAX = 60;

interface History {
  readonly zone: string;
  readonly actions: readonly Omit<Action, "partner">[];
  readonly others: readonly Omit<OtherEvent, "partner">[];
}

/** Times that crowd around what the rules turn on: borders, the change of clocks, 30 seconds and 30 minutes. */
const anchors = ["2026-09-30T23:00:00Z", "2026-10-14T13:59:50Z", "2026-10-25T00:40:00Z", "2026-11-01T00:00:00Z"];
/** A year before the month, and some time in between: who was here then is not new. */
const earlierAnchors = ["2025-09-30T23:00:00Z", "2026-04-01T12:00:00Z"];
const time = fc
  .tuple(
    fc.constantFrom(...[...anchors, ...anchors, ...anchors, ...earlierAnchors].map((text) => Date.parse(text))),
    fc.constantFrom(-36_000_000, -14_400_000, -1_800_000, -30_000, 0, 30_000, 1_800_000, 14_400_000, 86_400_000),
    fc.constantFrom(-1, 0, 0, 1, 15_000),
  )
  .map(([anchor, far, near]) => anchor + far + near);
const id = fc.integer({ min: 1, max: IDS_MAX }).map(toTestId);

const action = fc.record({
  person: fc.constantFrom("ann", "bob", "cid", ""),
  id,
  atMs: time,
  type: fc.constantFrom("page_view", "page_view", "download", "play", "search"),
  site: fc.constantFrom("main", "main", "other"),
  path: fc.constantFrom("/a", "/b", "/c"),
  resource: fc.constantFrom("", "r1", "r2", "r3"),
  full: fc.boolean(),
  dept: fc.constantFrom("", "Adults", "Children"),
  term: fc.constantFrom("", "Neglect", " neglect ", "kinship  care", "kinship care"),
});
const other = fc
  .record({
    table: fc.constantFrom("behaviour", "feedback", "attendance", "drops", "drops"),
    id,
    atMs: time,
    reason: fc.constantFrom(...DROP_REASON_NAMES),
    person: fc.constantFrom("ann", "bob", "cid", "dot", ""),
    event: fc.constantFrom("e1", "e2"),
    dept: fc.constantFrom("", "Adults"),
    amount: fc.constantFrom(0, 1, 5, 9, 10, 30),
  })
  // A score is at most 5.
  .map((one) => (one.table === "feedback" ? { ...one, amount: one.amount % 6 } : one));
const history: fc.Arbitrary<History> = fc.record({
  zone: fc.constantFrom(...ZONES),
  actions: fc.array(action, { minLength: 0, maxLength: 80 }),
  others: fc.array(other, { maxLength: 20 }),
});

const topicOf = (resource: string) => (resource === "r1" ? "" : "care");
const kindOf = (resource: string) => (resource === "r3" ? "video" : "guide");

/** Many at once: a close costs the same for one Partner and for forty. */
const histories = fc.array(history, { minLength: 40, maxLength: 40 });

describe("closeMonth() over random histories", () => {
  let store: CloseStore;
  let runs = 0;

  beforeAll(async () => {
    store = await openCloseStore();
  });
  afterAll(() => store[Symbol.asyncDispose]());

  /** Stores the histories, each as a Partner's, in so many inserts and closes them together. */
  async function close(some: readonly History[], inserts: number): Promise<readonly RecordOfEngagement[]> {
    const run = ++runs;
    const toPartner = (index: number) => `run-${run}-${index}`;
    const partners = some.map(({ zone }, index) => ({ id: toPartner(index), zone }));
    await insertPartners(store.warehouse, partners);
    await store.warehouse.insertRows(
      "resources",
      partners.flatMap(({ id }) => toSeen(id)),
    );
    const own = <Row>(rows: (one: History) => readonly Row[]) =>
      some.flatMap((one, index) => rows(one).map((row) => ({ ...row, partner: toPartner(index) })));
    for (let part = 0; part < inserts; part++) {
      const isPart = (_: unknown, index: number) => index % inserts === part;
      await insertActions(store.warehouse, own(({ actions }) => actions).filter(isPart));
      await insertOthers(store.warehouse, own(({ others }) => others).filter(isPart));
    }
    const month = aMonth(MONTH);
    const settings = { ...CLOSE_SETTINGS, peopleMin: 1 };
    const report = await closeMonth({ ...store, settings }, month, { partners: partners.map(({ id }) => id) });
    expect(report.partners).toHaveLength(some.length);
    return Promise.all(
      partners.map(async ({ id }) => {
        const record = await readRecord(store.warehouse, month, id);
        if (record === undefined) throw new Error(`Cannot read the record of ${id}: it must be closed`);
        return record;
      }),
    );
  }

  it("counts as the plain model does, and the invariants hold", { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (some) => {
        for (const [index, record] of (await close(some, 1)).entries()) {
          const one = some[index];
          if (one === undefined) throw new Error("Cannot compare: each record must have its history");
          const model = countByModel(withPartner(one), { zone: one.zone, month: MONTH, kindOf, topicOf });
          const why = JSON.stringify(one);
          expect(toShown(record), why).toEqual(toShownOfModel(model));
          expectInvariants(record);
        }
      }),
      { numRuns: 3, endOnFailure: true },
    );
  });

  it("gives the same record in any order, in many batches, with every event delivered three times", {
    timeout: 180_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.integer(), async (some, seed) => {
        const once = await close(some, 1);
        const shuffle = <T>(items: readonly T[]) => toShuffled([...items, ...items, ...items], seed);
        const thrice = await close(
          some.map((one) => ({ ...one, actions: shuffle(one.actions), others: shuffle(one.others) })),
          3,
        );
        for (const [index, record] of thrice.entries()) {
          expect({ ...record, partner: once[index]?.partner }).toEqual(once[index]);
        }
      }),
      { numRuns: 1, endOnFailure: true },
    );
  });
});

function toSeen(partner: string): readonly object[] {
  return ["r1", "r2", "r3"].map((resource) => ({
    partner,
    kind: "resource",
    id: resource,
    title: "",
    type: kindOf(resource),
    topic: topicOf(resource),
    at: "2026-01-01 00:00:00",
  }));
}

function withPartner({ actions, others }: History) {
  const partner = "p";
  return {
    actions: actions.map((one) => ({ ...one, partner })),
    others: others.map((one) => ({ ...one, partner })),
  };
}

function byUse(a: ModelUse, b: ModelUse): number {
  return (
    b.uniqueRequests - a.uniqueRequests ||
    b.totalRequests - a.totalRequests ||
    b.uniqueInvestigations - a.uniqueInvestigations ||
    b.totalInvestigations - a.totalInvestigations ||
    (a.id < b.id ? -1 : 1)
  );
}

/** What a record shows, without what the model does not know. */
function toShown({ figures, how_counted, ...record }: RecordOfEngagement) {
  const { top_resources, by_kind, by_topic, top_pages, departments, searches, events } = record;
  const { newcomers, engaged, feedback, weekday_hours, days, completeness } = record;
  return {
    ...{ figures, how_counted, top_resources, by_kind, by_topic, top_pages, departments, searches, events },
    ...{ newcomers, engaged, feedback, weekday_hours, days },
    days_with_data: completeness.days_with_data,
  };
}

/** What the model counted, as it may be shown where one person is enough: what is of no person at all is not. */
function toShownOfModel({ parts, uses, kinds, topics, pages, ...model }: ReturnType<typeof countByModel>) {
  const { completeness, ...shown } = showAlone(
    aCount({
      ...{ figures: model.figures, how_counted: model.howCounted },
      top_resources: uses
        .toSorted(byUse)
        .map((use) => ({ ...use, title: use.id, type: kindOf(use.id), topic: topicOf(use.id) })),
      by_kind: kinds.toSorted(byUse).map((use) => ({ ...use, title: use.id, type: use.id })),
      by_topic: topics.toSorted(byUse).map((use) => ({ ...use, title: use.id || "Unspecified", type: "" })),
      top_pages: pages
        .toSorted((a, b) => b.views - a.views || (a.path < b.path ? -1 : 1))
        .map((page) => ({ ...page, title: page.path })),
      departments: parts.departments.map((row) => ({ ...row, title: row.dept || "Not given" })),
      searches: parts.searches,
      events: parts.events.map((row) => ({ ...row, title: `Title of ${row.id}`, kind: "webinar" })),
      newcomers: { ...parts.newcomers, absence: null },
      ...{ engaged: parts.engaged, feedback: parts.feedback },
      ...{ weekday_hours: model.weekdayHours, days: model.days },
      completeness: { ...aCount().completeness, days_with_data: model.daysWithData },
    }),
    1,
  );
  return { ...shown, days_with_data: completeness.days_with_data };
}

function expectInvariants({ figures, how_counted: trail }: RecordOfEngagement) {
  expect(figures.Total_Item_Investigations).toBeGreaterThanOrEqual(figures.Unique_Item_Investigations);
  expect(figures.Total_Item_Requests).toBeGreaterThanOrEqual(figures.Unique_Item_Requests);
  expect(figures.Total_Item_Investigations).toBeGreaterThanOrEqual(figures.Total_Item_Requests);
  expect(figures.Unique_Item_Investigations).toBeGreaterThanOrEqual(figures.Unique_Item_Requests);
  const sum = (counts: object) => Object.values(counts).reduce((total: number, count: number) => total + count, 0);
  expect(trail.received).toBe(trail.counted + trail.double_clicks + sum(trail.dropped));
  expect(trail.counted).toBe(sum(trail.counted_by_purpose));
}

/** The same order for the same seed. */
function toShuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  const keyed = items.map((item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return [state, item] as const;
  });
  return keyed.sort(([a], [b]) => a - b).map(([, item]) => item);
}
