import { type Table, tableFromIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { TABLE_NAMES, TABLES } from "../../../schemas/columns.ts";
import { type EventId, toEpochMs } from "../../../schemas/ids.ts";
import { isUuid, writeUuid } from "../../../transform/arrow-columns.ts";
import { Batch, type RowOf } from "../../../transform/batch.ts";
import { anEventId, NOW } from "../../fixtures/transform-events.ts";

function aDrop(changes: Partial<RowOf<"drops">> = {}): RowOf<"drops"> {
  return { partner: "acme", reason: "robot", event_id: anEventId(1), at: NOW, type: "page_view", ...changes };
}

function aResource(changes: Partial<RowOf<"resources">> = {}): RowOf<"resources"> {
  return { partner: "acme", kind: "page", id: "/", title: "", type: "", topic: "", at: NOW, ...changes };
}

function readOnly(batch: Batch): Table {
  const [body, ...others] = batch.toBodies();
  expect(others).toEqual([]);
  return tableFromIPC(body?.body);
}

const toList = (table: Table, name: string) => [...(table.getChild(name) ?? [])];

describe("Batch", () => {
  test("toBodies() gives only tables with rows, in the order in which they are inserted", () => {
    const batch = new Batch();
    expect(batch.toBodies()).toEqual([]);
    batch.add("resources", aResource());
    batch.add("drops", aDrop());
    batch.add("drops", aDrop());
    expect(batch.toBodies().map(({ table, rows }) => [table, rows])).toEqual([
      ["drops", 2],
      ["resources", 1],
    ]);
    expect(batch.rows("drops")).toBe(2);
    expect(batch.rows("feedback")).toBe(0);
  });

  test("toBodies() has every column of the table, in its order", () => {
    const batch = new Batch();
    batch.add("drops", aDrop());
    const [body] = batch.toBodies();
    const names = TABLES.drops.map(({ name }) => name);
    expect(body?.columns).toEqual(names);
    expect(tableFromIPC(body?.body).schema.fields.map(({ name }) => name)).toEqual(names);
  });

  test("toBodies() keeps every value beyond the first growth of the columns, in one record batch", () => {
    const batch = new Batch();
    for (let i = 0; i < 5_000; i++) {
      batch.add("drops", aDrop({ partner: `p${i % 7}`, event_id: anEventId(i), at: toEpochMs(NOW + i * 1_000) }));
    }
    const table = readOnly(batch);
    expect(table.batches).toHaveLength(1);
    expect(table.numRows).toBe(5_000);
    expect(toList(table, "partner")[4_999]).toBe(`p${4_999 % 7}`);
    expect(Buffer.from(table.getChild("event_id")?.get(4_999)).toString("hex")).toBe(
      anEventId(4_999).replaceAll("-", ""),
    );
  });

  test("toBodies() keeps texts of every script, empty ones, and turns half a character into U+FFFD", () => {
    const titles = ["", "plain", "Zoë", "日本語", "👩‍💻", "", "half \ud83d", "\udc69 other half", "end"];
    const batch = new Batch();
    for (const title of titles) batch.add("resources", aResource({ title, topic: title }));
    const table = readOnly(batch);
    const expected = titles.map((title) => title.toWellFormed());
    expect(toList(table, "title")).toEqual(expected);
    expect(toList(table, "topic")).toEqual(expected);
  });

  test("toBodies() keeps instants on both sides of 1970 and beyond 32 bits", () => {
    const instants = [0, -1, -4_294_967_297, NOW, 4_294_967_296_123, 253_402_300_799_999];
    const batch = new Batch();
    for (const at of instants) batch.add("resources", aResource({ at: toEpochMs(at) }));
    expect([...(readOnly(batch).getChild("at")?.data[0]?.values ?? [])].map(Number)).toEqual(instants);
  });

  test("add() keeps small numbers within their column", () => {
    const hour = toEpochMs(NOW);
    const batch = new Batch();
    const row = { hour, site: "s", path: "/", referrer: "", country: "", device: "other", visits: 0 };
    batch.add("statistics_hourly", { ...row, views: Number.MAX_SAFE_INTEGER });
    const pseudonym = new Uint8Array(16).fill(9);
    const seen = { partner: "", pseudonym, event_id: anEventId(1), at: NOW, acct: "public", site: "", path: "" };
    for (const score of [-1, 3.4, 300]) {
      batch.add("feedback", { ...seen, resource: "", event: "", score, comment: "", epoch: 70_000 });
    }
    const [feedback, statistics] = batch.toBodies().map(({ body }) => tableFromIPC(body));
    expect(statistics && toList(statistics, "views")).toEqual([BigInt(Number.MAX_SAFE_INTEGER)]);
    expect(feedback && toList(feedback, "score")).toEqual([0, 3, 255]);
    expect(feedback && toList(feedback, "epoch")[0]).toBe(65_535);
    expect(feedback && Buffer.from(feedback.getChild("pseudonym")?.get(2)).equals(pseudonym)).toBe(true);
  });
});

describe("isUuid()", () => {
  test("says yes to a UUID in lower case only", () => {
    expect(isUuid("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")).toBe(true);
    for (const text of ["", "0190A1B2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b2c3d4-7e5f-8a9b-0c1d2e3f4a5b-"]) {
      expect(isUuid(text)).toBe(false);
    }
  });
});

describe("writeUuid()", () => {
  test("writes the bytes in the order in which they are written", () => {
    const bytes = new Uint8Array(20);
    writeUuid(bytes, 2, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" as EventId); // a UUID
    expect(Buffer.from(bytes).toString("hex")).toBe("00000190a1b2c3d47e5f8a9b0c1d2e3f4a5b0000");
  });
});

test("TABLE_NAMES has persons' tables first, so that a row is there before its title is", () => {
  expect(TABLE_NAMES.indexOf("engagement")).toBeLessThan(TABLE_NAMES.indexOf("resources"));
});
