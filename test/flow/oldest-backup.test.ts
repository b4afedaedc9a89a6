import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restore } from "../../api/backups/run-restore.ts";
import { RETAINED_TABLES, readPartitions } from "../../api/clocks/expired-rows.ts";
import { setHold } from "../../api/clocks/holds.ts";
import { runNightly } from "../../api/nightly.ts";
import { countInBackup, findGoodBackups } from "../fixtures/backup-content.ts";
import { countInFiles, findFiles, makeDiskPlain } from "../fixtures/disk.ts";
import { openRightsHouse, type RightsHouse, type Use } from "../fixtures/rights-house.ts";

// Day 1 of the marker, on the clock of the house. The clock runs ahead of the machine's, so that the tables' own TTL
// does none of the work.
const FIRST_DAY = "2026-11-20";
const DAY_MS = 86_400_000;
const MARK = "osprey-first-day-9917";
/** Of day 1, too, and of a Partner on which a legal hold is. */
const HELD_MARK = "osprey-held-9917";
const NEXT_MARK = "osprey-second-day-9917";
/** Nights before day 366 on which backups are made: a whole cycle, and the one before it that has just ended. */
const NIGHTS = 30;

const folder = mkdtempSync(join(tmpdir(), "roebuck-oldest-"));
const aside = mkdtempSync(join(tmpdir(), "roebuck-aside-"));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let house: RightsHouse;

/** An instant of a day of the marker's life: day 1 is the day on which it was stored. */
function onDay(day: number, time: string): string {
  return `${new Date(Date.parse(FIRST_DAY) + (day - 1) * DAY_MS).toISOString().slice(0, 10)}T${time}Z`;
}

/** The same marker in every table that holds rows of people. */
function usesOf(mark: string): readonly Use[] {
  return [
    { sub: "ann", type: "search", term: mark },
    { sub: "ann", path: `/${mark}`, title: mark },
    { sub: "ann", type: "click", target: mark, consents: true },
    { sub: "ann", type: "feedback", score: 4, comment: mark, consents: true },
    { sub: "ann", type: "attendance", minutes: 40, event: { id: "ev-1", title: mark, kind: "webinar" } },
  ];
}

async function night(day: number): Promise<void> {
  house.at(onDay(day, "02:30:00"));
  await house.settle();
  while (house.service.storedUntilMs() < house.clock.nowMs()) await new Promise((resolve) => setTimeout(resolve, 5));
  const outcomes = await runNightly(house.service, new AbortController().signal);
  expect(outcomes.filter(({ outcome }) => outcome === "failed")).toEqual([]);
}

async function putBack(id: string, dir: string) {
  await house.shut();
  const { settings, clock } = house;
  return restore({ settings, sites: [], logger: quiet, clock }, { id, dir }, "wren", house.io);
}

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await makeDiskPlain(house.service.warehouse);
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  rmSync(aside, { recursive: true, force: true });
});

describe("a year and a four-week cycle of backups", () => {
  let overdue = "";

  it("pass with a backup each night, and each leaves out the days that must be gone before it is", async () => {
    await night(1); // begins the ledger
    house.at(onDay(1, "12:00:00"));
    await house.send(...usesOf(MARK), { sub: "bob", partner: "brook", type: "search", term: HELD_MARK });
    await night(2);
    house.at(onDay(2, "12:00:00"));
    await house.send(...usesOf(NEXT_MARK));
    await house.settle();
    expect(countInFiles(house.dataDir, MARK)).toBeGreaterThanOrEqual(4);
    await setHold(house.service, { partner: "brook", reference: "court 1" }, "wren");
    for (let day = 366 - NIGHTS; day < 366; day += 1) {
      await night(day);
      const ids = await findGoodBackups(house.settings, folder);
      expect(ids.length).toBe(Math.min(28, day - (366 - NIGHTS) + 1));
      const latest = ids.at(-1) ?? "";
      // Made on day 337 or before, it is over when day 365 begins; day 1 may then still be there.
      expect([day, (await countInBackup(house.settings, folder, latest, MARK)) > 0]).toEqual([day, day <= 337]);
      if (day === 337) {
        overdue = latest;
        cpSync(folder, aside, { recursive: true });
      }
    }
    // Until the night of day 366 day 1 is in the tables themselves.
    expect(countInFiles(house.dataDir, MARK)).toBeGreaterThan(0);
  }, 900_000);

  it("end on day 366 with the oldest backup put back, and not a byte of day 1 on any disk", async () => {
    house.at(onDay(366, "01:00:00")); // the night has not been
    const ids = await findGoodBackups(house.settings, folder);
    const [oldest = ""] = ids;
    expect(oldest.slice(0, 8)).toBe(onDay(338, "").slice(0, 10).replaceAll("-", ""));
    const certificate = await putBack(oldest, folder);
    expect(certificate.rows).toMatchObject({ engagement: 3, behaviour: 1, feedback: 1, attendance: 1 });
    await house.reopen();
    // Nothing of either day is on the log any more: the marker of day 2 shows that the search finds rows that were put back.
    expect(countInFiles(join(house.dataDir, "log"), NEXT_MARK)).toBe(0);
    expect(countInFiles(house.dataDir, NEXT_MARK)).toBeGreaterThanOrEqual(4);
    expect(findFiles(house.dataDir, MARK)).toEqual([]);
    expect(findFiles(folder, MARK)).toEqual([]);
    for (const id of ids) expect([id, await countInBackup(house.settings, folder, id, MARK)]).toEqual([id, 0]);
    // What a hold covers is neither lost with the restore nor with the purge: it has moved to where no report reads.
    const kept = `SELECT partner, position(body, '${HELD_MARK}') > 0 AS is_whole FROM held FINAL`;
    expect(await house.rows(kept)).toEqual([{ partner: "brook", is_whole: 1 }]);
    for (const table of RETAINED_TABLES) {
      expect([table, await readPartitions(house.service.warehouse, table, FIRST_DAY)]).toEqual([table, []]);
    }
    const left = RETAINED_TABLES.map((table) => `SELECT toString(count()) AS n FROM ${table} WHERE at < '2026-11-21'`);
    expect(await house.rows(left.join(" UNION ALL "))).toEqual(RETAINED_TABLES.map(() => ({ n: "0" })));
  }, 300_000);

  it("do not let a copy of a backup that somebody kept beyond its days bring day 1 back", async () => {
    house.at(onDay(366, "01:30:00"));
    expect(await countInBackup(house.settings, aside, overdue, MARK)).toBeGreaterThan(0);
    await expect(putBack(overdue, aside)).rejects.toMatchObject({ code: "expired" });
    await house.reopen();
    expect(findFiles(house.dataDir, MARK)).toEqual([]);
    await night(366);
    expect(findFiles(house.dataDir, MARK)).toEqual([]);
    expect(readdirSync(folder)).not.toContain(overdue);
  }, 300_000);
});
