import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VIEWS, type ViewName } from "../../schemas/views.ts";
import { toClusterStatements } from "../../transform/warehouse/cluster-script.ts";
import { checkSchema, MIGRATIONS_FOLDER, migrate, readScripts } from "../../transform/warehouse/migrate.ts";
import { withMigrationLock } from "../../transform/warehouse/migration-lock.ts";
import { toStatements } from "../../transform/warehouse/sql-script.ts";
import { REFUSAL_ADVICE } from "../../transform/warehouse/warehouse-advice.ts";
import { anEventId, DAY_MS, NOW } from "../fixtures/transform-events.ts";
import { openTestWarehouse, type TestWarehouse, VALUES } from "../fixtures/transform-warehouse.ts";

const VIEW_NAMES = Object.keys(VIEWS) as ViewName[]; // keys of a constant object
const CLUSTER = { name: "main", database: "default" };

let opened: TestWarehouse;
beforeAll(async () => {
  opened = await openTestWarehouse();
});
afterAll(() => opened[Symbol.asyncDispose]());

const toTime = (ms: number) => new Date(ms).toISOString().replace("T", " ").replace("Z", "");

describe("migrate()", () => {
  test("is done once by several who start together", async () => {
    await using other = await openTestWarehouse({ empty: true });
    const done = await Promise.all(Array.from({ length: 3 }, () => migrate(other.warehouse, { values: VALUES })));
    expect(done.filter((versions) => versions.length > 0)).toEqual([[1, 2, 3, 4, 5, 6, 7]]);
    expect(await other.warehouse.rows({ sql: "SELECT count() AS c FROM schema_migrations" })).toEqual([{ c: "7" }]);
  });

  test("writes statements for a cluster, and roles, that the engine can read", async () => {
    const scripts = await readScripts({ ...VALUES, database: "default", definer: "default" });
    const statements = scripts.flatMap(({ everywhere, accessControl }) => [
      ...toStatements(everywhere),
      ...toStatements(accessControl),
    ]);
    expect(statements.length).toBeGreaterThan(25);
    for (const statement of statements) {
      for (const sql of [statement, ...toClusterStatements(statement, CLUSTER)]) {
        await opened.warehouse.rows({ sql: "SELECT formatQuery({sql:String})", parameters: { sql } });
      }
    }
  });
});

describe("checkSchema()", () => {
  test("says current, behind, ahead", async () => {
    expect(await checkSchema(opened.warehouse)).toBe("current");
    await using empty = await openTestWarehouse({ empty: true });
    expect(await checkSchema(empty.warehouse)).toBe("behind");
    const folder = await mkdtemp(join(tmpdir(), "roebuck-migrations-"));
    try {
      await cp(MIGRATIONS_FOLDER, folder, { recursive: true });
      await rm(join(folder, "0007_delivery.sql"));
      expect(await checkSchema(opened.warehouse, folder)).toBe("ahead");
      await writeFile(join(folder, "0007_delivery.sql"), "SELECT 1");
      expect(await checkSchema(opened.warehouse, folder)).toBe("ahead");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("withMigrationLock()", () => {
  const quick = { waitMsMax: 20_000, pollMs: 10 };

  test("lets one work at a time", async () => {
    let working = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, 15));
      working--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withMigrationLock(opened.warehouse, work, quick)));
    expect(most).toBe(1);
  });

  test("is given back when the work fails", async () => {
    const failing = withMigrationLock(opened.warehouse, () => Promise.reject(new Error("as planned")), quick);
    await expect(failing).rejects.toThrow("as planned");
    expect(await withMigrationLock(opened.warehouse, async () => "done", quick)).toBe("done");
  });

  test("refuses while another keeps it, and is taken from one that died", async () => {
    const [row] = await opened.warehouse.rows<{ turn: number }>({
      sql: "SELECT max(turn) AS turn FROM migration_lock",
    });
    const turn = (row?.turn ?? 0) + 1;
    const hold = (until: string) =>
      opened.warehouse.insertRows("migration_lock", [{ turn, holder: "dead", released: 0, until }]);
    await hold(toTime(Date.now() + 1_500));
    const impatient = withMigrationLock(opened.warehouse, async () => "done", { waitMsMax: 100, pollMs: 10 });
    await expect(impatient).rejects.toThrow("another process has been migrating");
    expect(await withMigrationLock(opened.warehouse, async () => "done", quick)).toBe("done");
  });
});

describe("the views", () => {
  const engagement = (changes: object) => ({
    partner: "acme",
    pseudonym: "A".repeat(16),
    event_id: anEventId(1),
    at: toTime(NOW),
    type: "page_view",
    acct: "partner",
    site: "www",
    path: "/a",
    full: 0,
    epoch: 7,
    ...changes,
  });

  test.each(VIEW_NAMES)("%s has the columns that its catalogue says", async (view) => {
    const described = await opened.warehouse.rows<{ name: string; type: string }>({ sql: `DESCRIBE TABLE ${view}` });
    expect(described.map(({ name, type }) => [name, type])).toEqual(
      VIEWS[view].columns.map(({ name, type }) => [name, type]),
    );
  });

  test("engagement_v1 shows an event once, however often it came, and whom it was as text", async () => {
    await opened.warehouse.insertRows("engagement", [
      engagement({}),
      engagement({ at: toTime(NOW + 5) }),
      engagement({ event_id: anEventId(2), pseudonym: "\0".repeat(16) }),
    ]);
    await opened.warehouse.insertRows("engagement", [engagement({ full: 1 })]);
    const rows = await opened.warehouse.rows({
      sql: "SELECT pseudonym, full, toString(day) AS day FROM engagement_v1 ORDER BY pseudonym",
    });
    const day = toTime(NOW).slice(0, 10);
    expect(rows).toEqual([
      { pseudonym: "", full: 0, day },
      { pseudonym: "41".repeat(16), full: 1, day },
    ]);
  });

  test("engagement_v1 reads only the days that are asked for", async () => {
    const days = Array.from({ length: 20 }, (_, ago) =>
      engagement({ event_id: anEventId(ago + 10), at: toTime(NOW - ago * DAY_MS), partner: "days" }),
    );
    await opened.warehouse.insertRows("engagement", days);
    const explained = await opened.warehouse.rows<{ explain: string }>({
      sql: "EXPLAIN indexes = 1 SELECT count() FROM engagement_v1 WHERE day = {day:Date} AND partner = 'days'",
      parameters: { day: toTime(NOW - DAY_MS).slice(0, 10) },
    });
    const parts = explained.map(({ explain }) => /Parts: (\d+)\/(\d+)/.exec(explain)).find((match) => match !== null);
    expect(Number(parts?.[1])).toBe(1);
    expect(Number(parts?.[2])).toBeGreaterThanOrEqual(20);
  });

  test("behaviour_v1 shows an event once", async () => {
    const row = { ...engagement({ type: "leave" }), engaged_ms: 1_200, scroll_pct: 80, device: "phone" };
    await opened.warehouse.insertRows("behaviour", [row]);
    await opened.warehouse.insertRows("behaviour", [row]);
    const sql = "SELECT pseudonym, engaged_ms, scroll_pct, device FROM behaviour_v1";
    expect(await opened.warehouse.rows({ sql })).toEqual([
      { pseudonym: "41".repeat(16), engaged_ms: 1_200, scroll_pct: 80, device: "phone" },
    ]);
  });

  test("statistics_v1 adds up what lies apart", async () => {
    const row = { hour: "2026-11-24 09:00:00", site: "www", path: "/a", views: 2, visits: 1 };
    for (let part = 0; part < 3; part++) await opened.warehouse.insertRows("statistics_hourly", [row]);
    expect(await opened.warehouse.rows({ sql: "SELECT path, views, visits FROM statistics_v1" })).toEqual([
      { path: "/a", views: "6", visits: "3" },
    ]);
  });

  test("records_v1 shows each version once", async () => {
    const row = { partner: "acme", month: "2026-10", version: 1, reason: "first", closed_at: toTime(NOW), body: "{}" };
    await opened.warehouse.insertRows("records", [row]);
    await opened.warehouse.insertRows("records", [row]);
    expect(await opened.warehouse.rows({ sql: "SELECT partner, version, record FROM records_v1" })).toEqual([
      { partner: "acme", version: 1, record: "{}" },
    ]);
  });
});

test("REFUSAL_ADVICE has the numbers as the engine names them", async () => {
  const rows = await opened.warehouse.rows<{ code: number; name: string }>({
    sql: "SELECT arrayJoin({codes:Array(UInt16)}) AS code, toString(errorCodeToName(code)) AS name",
    parameters: { codes: Object.keys(REFUSAL_ADVICE).map(Number) },
  });
  expect(Object.fromEntries(rows.map(({ code, name }) => [code, name]))).toEqual(
    Object.fromEntries(Object.entries(REFUSAL_ADVICE).map(([code, { name }]) => [code, name])),
  );
});
