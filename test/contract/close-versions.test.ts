import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CloseReport, closeMonth } from "../../reporting/close.ts";
import { toJson } from "../../reporting/json.ts";
import { listRecords, parseRecord, readRecord, readStoredRows } from "../../reporting/records.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import {
  type Action,
  aMonth,
  CLOSE_SETTINGS,
  type CloseStore,
  insertActions,
  insertOthers,
  insertPartners,
  openCloseStore,
} from "../fixtures/close-store.ts";

const NOVEMBER = aMonth("2026-11");

function anAction(given: Partial<Action> & Pick<Action, "partner">): Action {
  return {
    person: "ann",
    id: randomUUID(),
    atMs: Date.parse("2026-11-10T10:00:00Z"),
    type: "page_view",
    site: "main",
    path: "/r",
    resource: "r",
    full: true,
    ...given,
  };
}

describe("closeMonth()", () => {
  let store: CloseStore;

  beforeAll(async () => {
    store = await openCloseStore();
  });
  afterAll(() => store[Symbol.asyncDispose]());

  const close = (month: string, partners: readonly string[], reason?: string, warehouse = store.warehouse) =>
    closeMonth({ ...store, warehouse, settings: CLOSE_SETTINGS }, aMonth(month), {
      partners,
      ...(reason === undefined ? {} : { reason }),
    });

  it("makes version 1 first, keeps it while nothing changes, and makes the next with its reason", async () => {
    const partner = "versions";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [anAction({ partner })]);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ partner, version: 1, changed: true }]);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ partner, version: 1, changed: false }]);
    await insertActions(store.warehouse, [anAction({ partner, person: "bob" })]);
    expect((await close("2026-11", [partner])).partners).toMatchObject([
      { partner, version: 2, changed: true, figures: { active_people: 2 } },
    ]);
    await insertActions(store.warehouse, [anAction({ partner, person: "cid" })]);
    await close("2026-11", [partner], "corrected rule");

    const read = (version?: number) => readRecord(store.warehouse, NOVEMBER, partner, version);
    expect(await read(1)).toMatchObject({ version: 1, reason: "first close", figures: { active_people: 1 } });
    expect(await read(2)).toMatchObject({ version: 2, reason: "late data", figures: { active_people: 2 } });
    expect(await read()).toMatchObject({ version: 3, reason: "corrected rule", figures: { active_people: 3 } });
    expect(await read(4)).toBeUndefined();
  });

  it("makes the next version when all that was counted is erased, contract or not", async () => {
    const partner = "erased";
    await insertPartners(store.warehouse, [{ id: partner, end: "2026-10-31" }]);
    await insertActions(store.warehouse, [anAction({ partner })]);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 1, figures: { page_views: 1 } }]);
    await store.warehouse.execute({ sql: "DELETE FROM engagement WHERE partner = 'erased'" });
    expect((await close("2026-11", [partner], "erasure")).partners).toMatchObject([
      { version: 2, changed: true, figures: { page_views: 0 } },
    ]);
  });

  it("answers undefined for what is not closed", async () => {
    expect(await readRecord(store.warehouse, NOVEMBER, "nobody")).toBeUndefined();
  });

  it("makes no version of a new title or seats, but one of another kind of resource", async () => {
    const partner = "titles";
    const seen = (title: string, type: string, second: number) =>
      store.warehouse.insertRows("resources", [
        { partner, kind: "resource", id: "r", title, type, topic: "", at: `2026-11-10 10:00:0${second}.000` },
      ]);
    const people = ["ann", "bob", "cid", "dee", "eve"];
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(
      store.warehouse,
      people.map((person) => anAction({ partner, person })),
    );
    await seen("Old title", "guide", 0);
    await close("2026-11", [partner]);
    await seen("New title", "guide", 1);
    await store.warehouse.insertRows("partners", [
      { id: partner, name: "New name", seats: 9, zone: "Europe/London", updated_at: "2026-06-01 00:00:00.000" },
    ]);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 1, changed: false }]);
    expect(await readRecord(store.warehouse, NOVEMBER, partner)).toMatchObject({
      partner: { name: "Name of titles", seats: null },
      top_resources: [{ id: "r", title: "Old title", type: "guide", uniqueRequests: 5, people: 5 }],
    });
    await seen("New title", "video", 2);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 2, changed: true }]);
    expect(await readRecord(store.warehouse, NOVEMBER, partner)).toMatchObject({
      partner: { name: "New name", seats: 9 },
      by_kind: [{ id: "video", uniqueRequests: 5 }],
      top_resources: [{ title: "New title" }],
    });
  });

  it("takes title and kind from the page, and from a link to a file only where no page told them", async () => {
    const partner = "files";
    const people = ["ann", "bob", "cid", "dee", "eve"];
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(
      store.warehouse,
      ["both", "file", "untitled", "untold"].flatMap((resource) =>
        people.map((person) => anAction({ partner, person, resource, path: `/${resource}` })),
      ),
    );
    const told = (id: string, kind: string, title: string, type: string) => {
      return { partner, kind, id, title, type, topic: "", at: `2026-11-10 10:00:00.000` };
    };
    await store.warehouse.insertRows("resources", [
      told("both", "resource", "The guide", "guide"),
      told("both", "file", "Download (PDF)", "file"),
      told("file", "file", "The form", "form"),
      told("untitled", "resource", "", "video"),
      told("untitled", "file", "Transcript", "text"),
    ]);
    await close("2026-11", [partner]);
    const record = await readRecord(store.warehouse, NOVEMBER, partner);
    expect(record?.top_resources.map(({ id, title, type }) => [id, title, type])).toEqual([
      ["both", "The guide", "guide"],
      ["file", "The form", "form"],
      ["untitled", "Transcript", "video"],
      ["untold", "untold", ""],
    ]);
    expect(record?.by_kind.map(({ id, title }) => [id, title])).toEqual([
      ["", "Unspecified"],
      ["form", "form"],
      ["guide", "guide"],
      ["video", "video"],
    ]);
  });

  it("lists every resource that 5 people used, and names none of the others beyond the first 20; nor shows one later that was withheld", async () => {
    const partner = "library";
    const people = ["ann", "bob", "cid", "dee", "eve", "fay", "gus"];
    const uses = (resource: string, some: readonly string[]) =>
      some.map((person) => anAction({ partner, person, resource, path: `/${resource}` }));
    const many = Array.from({ length: 120 }, (_, at) => `many-${String(at).padStart(3, "0")}`);
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [
      ...many.flatMap((resource) => uses(resource, people.slice(0, 5))),
      ...uses("few-1", people.slice(0, 2)),
      ...uses("few-2", people.slice(0, 3)),
    ]);
    const readUse = async () =>
      (await readRecord(store.warehouse, NOVEMBER, partner))?.top_resources.map(({ id, people: some }) => [id, some]);
    const shown = many.map((resource) => [resource, 5]);
    await close("2026-11", [partner]);
    expect(await readUse()).toEqual(shown);
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 1, changed: false }]);
    await insertActions(store.warehouse, uses("few-1", people.slice(2)));
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 2, changed: true }]);
    // It is among the 20 used most now, so it is named; its numbers would tell what was not shown before.
    expect(await readUse()).toEqual([...shown, ["few-1", null]]);
  });

  it("shows totals alone of a Partner with fewer than 5 people: any list would be what they used", async () => {
    const partner = "small";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(
      store.warehouse,
      ["ann", "bob", "cid", "dee"].map((person) => anAction({ partner, person })),
    );
    await close("2026-11", [partner]);
    const record = await readRecord(store.warehouse, NOVEMBER, partner);
    expect(record?.figures).toMatchObject({ active_people: 4, Unique_Item_Requests: 4 });
    expect(record).toMatchObject({ people_min: 5, weekday_hours: [], days: [] });
    expect(record).toMatchObject({ top_resources: [], by_kind: [], by_topic: [], top_pages: [], departments: [] });
  });

  it("withholds what fewer than 5 of a Partner's people used", async () => {
    const partner = "middling";
    await insertPartners(store.warehouse, [{ id: partner }]);
    const uses = (resource: string, people: readonly string[]) =>
      people.map((person) => anAction({ partner, person, resource, path: `/${resource}` }));
    await insertActions(store.warehouse, [
      ...uses("many", ["ann", "bob", "cid", "dee", "eve", "fay"]),
      ...uses("few", ["ann", "bob"]),
      ...uses("some", ["ann", "bob", "cid", "dee", "eve"]),
    ]);
    await close("2026-11", [partner]);
    const record = await readRecord(store.warehouse, NOVEMBER, partner);
    const withheld = { people: null, uniqueRequests: null, totalInvestigations: null };
    // The second goes with it: alone, it could be worked out from the total.
    expect(record?.top_resources).toMatchObject([
      { id: "many", people: 6 },
      { id: "few", ...withheld },
      { id: "some", ...withheld },
    ]);
    expect(record?.top_pages.map(({ path, views }) => [path, views])).toEqual([
      ["/many", 6],
      ["/few", null],
      ["/some", null],
    ]);
  });

  it("counts Partners whose contract overlaps the month, or who have rows in it by their own clocks", async () => {
    await insertPartners(store.warehouse, [
      { id: "who-open" },
      { id: "who-begins", start: "2026-11-30" },
      { id: "who-ended", end: "2026-11-01" },
      { id: "who-gone", end: "2026-10-31" },
      { id: "who-later", start: "2026-12-01" },
      { id: "who-gone-with-rows", end: "2026-10-31" },
      { id: "who-gone-with-drops", end: "2026-10-31" },
      { id: "who-gone-the-hour-before", end: "2026-10-31" },
    ]);
    await insertActions(store.warehouse, [
      anAction({ partner: "who-gone-with-rows" }),
      anAction({ partner: "who-gone-the-hour-before", atMs: Date.parse("2026-10-31T23:50:00Z") }),
      anAction({ partner: "who-is-not-on-file" }),
    ]);
    await insertOthers(store.warehouse, [
      {
        table: "drops",
        partner: "who-gone-with-drops",
        id: randomUUID(),
        atMs: Date.parse("2026-11-02T00:00:00Z"),
        reason: "partner_left",
      },
    ]);
    const { partners } = await closeMonth({ ...store, settings: CLOSE_SETTINGS }, NOVEMBER);
    expect(partners.map(({ partner }) => partner).filter((id) => id.startsWith("who-"))).toEqual([
      "who-begins",
      "who-ended",
      "who-gone-with-drops",
      "who-gone-with-rows",
      "who-open",
    ]);
    const listed = await listRecords(store.warehouse, NOVEMBER);
    expect(listed.find(({ partner }) => partner === "who-open")).toEqual({
      partner: "who-open",
      month: "2026-11",
      version: 1,
      reason: "first close",
      closed_at: "2026-12-03T02:00:00.000Z",
    });
  });

  it("refuses a month that has begun nowhere, and says where it would begin first", async () => {
    await insertPartners(store.warehouse, [{ id: "begin" }, { id: "begin-far", zone: "Pacific/Kiritimati" }]);
    await expect(close("2027-01", ["begin"])).rejects.toThrow(
      "Cannot close 2027-01: it has not begun in Europe/London; a month can be closed from its first moment, there 2027-01-01T00:00:00.000Z",
    );
    store.at("2026-12-31T10:00:00Z");
    const report = await close("2027-01", ["begin", "begin-far"]);
    expect(report).toMatchObject({ provisional: true, partners: [{ partner: "begin-far" }] });
    store.at("2026-12-03T02:00:00Z");
  });

  it("closes a month that is not over, and what comes later makes the next version", async () => {
    const partner = "provisional";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [anAction({ partner, atMs: Date.parse("2026-12-01T10:00:00Z") })]);
    expect(await close("2026-12", [partner])).toMatchObject({ provisional: true, partners: [{ version: 1 }] });
    await insertActions(store.warehouse, [anAction({ partner, atMs: Date.parse("2026-12-20T10:00:00Z") })]);
    store.at("2027-01-03T02:00:00Z");
    expect(await close("2026-12", [partner])).toMatchObject({ provisional: false, partners: [{ version: 2 }] });
    store.at("2026-12-03T02:00:00Z");
  });

  it("leaves a month that was closed before it was over out of a later record, until it is closed again", async () => {
    const partner = "early-before";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [anAction({ partner, atMs: Date.parse("2026-11-01T10:00:00Z") })]);
    store.at("2026-11-03T02:00:00Z");
    await close("2026-11", [partner]);
    store.at("2026-12-03T02:00:00Z");
    const december = aMonth("2026-12");
    await close(december, [partner]);
    const read = async () => {
      const record = await readRecord(store.warehouse, december, partner);
      const stored = await readStoredRows(store.warehouse, december, [partner]);
      expect(parseRecord(stored.get(partner), december)).toEqual(record);
      return { before: record?.previous?.page_views, months: record?.trend.map(({ month }) => month) };
    };
    expect(await read()).toEqual({ before: undefined, months: ["2026-12"] });
    await close("2026-11", [partner]);
    expect(await read()).toEqual({ before: 1, months: ["2026-11", "2026-12"] });
  });

  it("refuses a month whose rows may be purged, so that no record can shrink", async () => {
    await insertPartners(store.warehouse, [{ id: "expired" }]);
    await expect(close("2025-12", ["expired"])).rejects.toThrow("Cannot close 2025-12: its first rows are older than");
    await expect(close("2026-01", ["expired"])).resolves.toBeDefined();
  });

  it("refuses a Partner that is not on file, and a zone that is none", async () => {
    await expect(close("2026-11", ["stranger"])).rejects.toThrow('for Partner "stranger": it must be on file');
    await insertPartners(store.warehouse, [{ id: "lost", zone: "Europe/Lodon" }]);
    await expect(close("2026-11", ["lost"])).rejects.toThrow('its zone "Europe/Lodon" must be an IANA zone');
    await insertPartners(store.warehouse, [{ id: "lost" }]);
    await store.warehouse.execute({
      sql: "ALTER TABLE partners DELETE WHERE zone = 'Europe/Lodon' SETTINGS mutations_sync = 2",
    });
  });

  it("makes one version when two closes run at the same time", async () => {
    const partner = "twice";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [anAction({ partner })]);
    const [one, two] = await Promise.all([close("2026-11", [partner]), close("2026-11", [partner])]);
    expect([one.partners, two.partners]).toMatchObject([
      [{ version: 1, changed: true }],
      [{ version: 1, changed: false }],
    ]);
  });

  it("goes on after a close that failed", async () => {
    const partner = "after-failure";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await expect(close("2026-11", ["stranger"])).rejects.toThrow("stranger");
    await expect(close("2026-11", [partner])).resolves.toMatchObject({ partners: [{ partner, version: 1 }] });
  });

  it("computes every figure from one moment while rows arrive", async () => {
    const partner = "arriving";
    await insertPartners(store.warehouse, [{ id: partner }]);
    let isOver = false;
    const arrive = async () => {
      for (let number = 0; !isOver; number++) {
        await insertActions(store.warehouse, [anAction({ partner, path: `/${number}`, resource: `r${number}` })]);
      }
      return [] as CloseReport[];
    };
    const closes = async () => {
      const reports: CloseReport[] = [];
      for (let round = 0; round < 4; round++) reports.push(await close("2026-11", [partner]));
      isOver = true;
      return reports;
    };
    const [, reports] = await Promise.all([arrive(), closes()]);
    for (const { partners } of reports) {
      const record = await readRecord(store.warehouse, NOVEMBER, partner, partners[0]?.version);
      const { page_views, Total_Item_Investigations, Unique_Item_Requests } = record?.figures ?? {};
      expect([Total_Item_Investigations, Unique_Item_Requests, record?.how_counted.counted]).toEqual([
        page_views,
        page_views,
        page_views,
      ]);
    }
  });

  it("leaves no table behind, whether it ends well or fails", async () => {
    const partner = "clean";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await close("2026-11", [partner]);
    expect(await readSnapshotTables()).toEqual([]);
    const failing = withFailure(store.warehouse, "sql", "Step 9");
    await expect(close("2026-11", [partner], undefined, failing)).rejects.toThrow("failed on purpose");
    expect(await readSnapshotTables()).toEqual([]);
  });

  it("drops what a killed run left, once it is old", async () => {
    const startedMs = Date.parse("2026-12-03T01:30:00Z");
    const name = `closing_${startedMs}_0123456789abcdef0123456789abcdef_double_clicks`;
    await store.warehouse.execute({ sql: `CREATE TABLE ${name} (a UInt8) ENGINE = Memory` });
    await close("2026-11", ["clean"]);
    expect(await readSnapshotTables()).toEqual([name]);
    store.at("2026-12-03T02:30:00Z");
    await close("2026-11", ["clean"]);
    expect(await readSnapshotTables()).toEqual([]);
  });

  it("is whole after it was killed between the records and the note of the run", async () => {
    const partner = "killed";
    await insertPartners(store.warehouse, [{ id: partner }]);
    await insertActions(store.warehouse, [anAction({ partner })]);
    const failing = withFailure(store.warehouse, "table", "runs");
    await expect(close("2026-11", [partner], undefined, failing)).rejects.toThrow("failed on purpose");
    expect((await close("2026-11", [partner])).partners).toMatchObject([{ version: 1, changed: false }]);
  });

  it("notes the run, with counts and no names", async () => {
    const runs = await store.warehouse.rows<{ subject: string; outcome: string; detail: string }>({
      sql: "SELECT subject, outcome, detail FROM runs WHERE kind = 'close' ORDER BY subject DESC LIMIT 1",
    });
    expect(runs).toEqual([
      { subject: "2027-01", outcome: "done", detail: '{"partners":1,"changed":1,"provisional":true}' },
    ]);
  });

  it("puts the month before and the closed ones of 13 months beside the figures, each in its latest version", async () => {
    const partner = "trend";
    await insertPartners(store.warehouse, [{ id: partner }]);
    for (const month of ["2026-08", "2026-10", "2026-11"]) {
      await insertActions(store.warehouse, [anAction({ partner, atMs: Date.parse(`${month}-05T10:00:00Z`) })]);
      await close(month, [partner]);
    }
    await insertActions(store.warehouse, [anAction({ partner, atMs: Date.parse("2026-10-09T10:00:00Z") })]);
    await close("2026-10", [partner]);
    const trend = async (month: string) => (await readRecord(store.warehouse, aMonth(month), partner))?.trend;
    const record = await readRecord(store.warehouse, NOVEMBER, partner);
    expect(record?.trend.map(({ month, figures }) => [month, figures.page_views])).toEqual([
      ["2026-08", 1],
      ["2026-10", 2],
      ["2026-11", 1],
    ]);
    expect(record?.previous?.page_views).toBe(2);
    expect((await readRecord(store.warehouse, aMonth("2026-10"), partner))?.previous).toBeNull();

    // Records outlive their rows: months that could not be closed any more. Of 13 one, September, was never closed.
    const months = Array.from({ length: 14 }, (_, index) =>
      new Date(Date.UTC(2025, 5 + index, 1)).toISOString().slice(0, 7),
    );
    await store.warehouse.execute({
      sql: `INSERT INTO records SELECT partner, arrayJoin({months:Array(String)}), 1, 'first close', closed_at, body
            FROM records WHERE partner = 'trend' AND month = '2026-08'`,
      parameters: { months },
    });
    expect(await trend("2026-11")).toHaveLength(12);
    expect((await trend("2026-11"))?.[0]?.month).toBe("2025-11");
  });

  it("gives the same JSON for the same record, key by key", async () => {
    const record = await readRecord(store.warehouse, NOVEMBER, "trend");
    if (record === undefined) throw new Error("Cannot compare: the record must be closed");
    const backwards = Object.fromEntries(Object.entries(record).reverse());
    expect(toJson({ ...record, ...backwards })).toBe(toJson(record));
    expect(toJson(record)).toMatch(/^\{\n {2}"schema": "roebuck\.record\/2",\n(?:.*\n)+\}\n$/);
    expect(JSON.parse(toJson(record))).toEqual(record);
  });

  it("refuses to show a stored record that is none of ours", async () => {
    await store.warehouse.insertRows("records", [
      {
        partner: "broken",
        month: "2026-11",
        version: 1,
        reason: "",
        closed_at: "2026-12-03 02:00:00.000",
        body: '{"v":1}',
      },
    ]);
    await expect(readRecord(store.warehouse, NOVEMBER, "broken")).rejects.toThrow(
      "Cannot read a frozen record: partner",
    );
  });

  async function readSnapshotTables(): Promise<readonly string[]> {
    const rows = await store.warehouse.rows<{ name: string }>({
      sql: "SELECT name FROM system.tables WHERE startsWith(name, 'closing_') ORDER BY name",
    });
    return rows.map(({ name }) => name);
  }
});

/** The same warehouse, but a statement that holds `text`, or an insert into that table, fails. */
function withFailure(warehouse: Warehouse, where: "sql" | "table", text: string): Warehouse {
  const failIf = (isIt: boolean) => {
    if (isIt) throw new Error("failed on purpose");
  };
  return {
    rows: (statement) => warehouse.rows(statement),
    async execute(statement) {
      failIf(where === "sql" && statement.sql.includes(text));
      await warehouse.execute(statement);
    },
    async insertRows(table, rows, token) {
      failIf(where === "table" && table === text);
      await warehouse.insertRows(table, rows, token);
    },
    insertArrow: (table, columns, body, token) => warehouse.insertArrow(table, columns, body, token),
    stream: (...given) => warehouse.stream(...given),
    insertStream: (...given) => warehouse.insertStream(...given),
    ping: () => warehouse.ping(),
    [Symbol.asyncDispose]: async () => {},
  };
}
