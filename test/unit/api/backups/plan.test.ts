import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AgedBackup,
  isBackupId,
  planRemovals,
  toBackupId,
  toExpiresMs,
  toFirstPartition,
} from "../../../../api/backups/plan.ts";
import { toLastExpiredDay, toPartitionName } from "../../../../api/clocks/due.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";
import { SETTINGS } from "../../../../schemas/settings.ts";

const at = (time: string) => toEpochMs(Date.parse(time));
const DAY_MS = 86_400_000;

describe("toBackupId()", () => {
  it("names the second, so that names sort by time", () => {
    expect(toBackupId(at("2026-11-24T09:30:07.999Z"))).toBe("20261124T093007Z");
    const times = ["2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-10-01T00:00:00Z"];
    expect(times.map((time) => toBackupId(at(time)))).toEqual(times.map((time) => toBackupId(at(time))).toSorted());
  });
});

describe("isBackupId()", () => {
  it.each([
    ["20261124T093000Z", true],
    ["", false],
    ["..", false],
    ["journal", false],
    ["20261124T093000Z/..", false],
    ["../20261124T093000Z", false],
    ["20261124T093000Z\n", false],
    ["20261124t093000z", false],
  ])("takes %j for an id: %s", (name, is) => {
    expect(isBackupId(name)).toBe(is);
  });
});

describe("toFirstPartition()", () => {
  it.each([
    // made, days kept, retention, the first day that is in it
    [
      "2026-11-24T02:10:00Z",
      28,
      365,
      "20251223",
      "it goes on 22 December, when 22 December of the year before must be gone",
    ],
    ["2026-11-24T00:00:00Z", 28, 365, "20251223", "made at midnight"],
    ["2026-11-24T23:59:59Z", 28, 365, "20251223", "made at the last second of a day"],
    ["2026-11-24T02:10:00Z", 1, 365, "20251126", "kept for one day"],
    ["2028-02-01T02:10:00Z", 28, 365, "20270302", "it goes on a leap day"],
    ["2028-12-31T02:10:00Z", 28, 365, "20280130", "a leap day lies in its year"],
    ["2026-11-24T02:10:00Z", 28, 30, "20261123", "a retention of a month leaves a day and today"],
    ["2026-11-24T02:10:00Z", 28, 28, "20261125", "a retention as short as the cycle leaves nothing"],
    ["2026-11-24T02:10:00Z", 28, 7, "20261216", "a retention shorter than the cycle leaves nothing"],
  ])("of a backup made at %s for %i days under %i days of retention is %s: %s", (made, days, retention, first) => {
    expect(toFirstPartition(toExpiresMs(at(made), days), retention)).toBe(first);
  });

  it("leaves out exactly the days that the purge of the last day of its life drops", () => {
    const instants = fc.date({ min: new Date("2026-01-01"), max: new Date("2070-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(
        instants,
        fc.integer({ min: 1, max: 28 }),
        fc.integer({ min: 1, max: 730 }),
        (made, days, retention) => {
          const expiresMs = toExpiresMs(toEpochMs(made.getTime()), days);
          const last = toPartitionName(toLastExpiredDay(expiresMs, retention));
          const first = toFirstPartition(expiresMs, retention);
          expect(first > last).toBe(true);
          const lastMs = Date.parse(`${last.slice(0, 4)}-${last.slice(4, 6)}-${last.slice(6)}T00:00:00Z`);
          expect(first).toBe(toPartitionName(new Date(lastMs + DAY_MS).toISOString().slice(0, 10)));
        },
      ),
    );
  });
});

describe("planRemovals()", () => {
  const nowMs = at("2026-11-24T02:10:00Z");

  it.each<[string, string, AgedBackup["expiresMs"], boolean]>([
    ["that is over", "20261027T020000Z", at("2026-11-24T02:09:59Z"), true],
    ["that is over at this instant", "20261027T020000Z", nowMs, true],
    ["that is good for a second more", "20261027T020000Z", at("2026-11-24T02:10:01Z"), false],
    ["that was never finished", "20261124T020000Z", "unfinished", true],
    ["that cannot be read and is new", "20261123T021000Z", "unknown", false],
    ["that cannot be read and is not 28 days old", "20261027T021001Z", "unknown", false],
    ["that cannot be read and is 28 days old", "20261027T021000Z", "unknown", true],
    ["that cannot be read and has no day of the calendar in its name", "20269999T999999Z", "unknown", false],
  ])("of one %s", (_, id, expiresMs, goes) => {
    expect(planRemovals([{ id, expiresMs }], nowMs)).toEqual(goes ? [id] : []);
  });

  it("of a backup a day leaves 28 after a night, however long it goes on", () => {
    let kept: readonly AgedBackup[] = [];
    for (let day = 0; day < 60; day += 1) {
      const nightMs = toEpochMs(nowMs + day * DAY_MS);
      const gone = planRemovals(kept, nightMs);
      const made = { id: toBackupId(nightMs), expiresMs: toExpiresMs(nightMs, SETTINGS.backupDays.initial) };
      kept = [...kept.filter(({ id }) => !gone.includes(id)), made];
      expect(kept.length).toBe(Math.min(day + 1, SETTINGS.backupDays.initial));
    }
  });
});
