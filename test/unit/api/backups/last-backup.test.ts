import { describe, expect, it } from "vitest";
import { readBackupHealth, toBackupMetricsText } from "../../../../api/backups/last-backup.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";
import type { Warehouse } from "../../../../schemas/ports.ts";

const HOUR_MS = 3_600_000;
const NOW = toEpochMs(Date.parse("2026-11-24T09:30:00Z"));

/** Runs of a kind with the hours since their last; `outcome` and `id` as the store has them. */
interface LastRun {
  readonly kind: "backup" | "backup verification" | "nightly";
  readonly hoursAgo: number;
  readonly outcome?: string;
}

function health(runs: readonly LastRun[], backupDir = "/mnt/backups") {
  const rows = runs.map(({ kind, hoursAgo, outcome = "done" }) => ({
    kind,
    last: String(NOW - hoursAgo * HOUR_MS),
    id: "20261124T021000Z",
    outcome,
  }));
  const warehouse = { rows: async () => rows } as unknown as Warehouse; // nothing else of it is used
  return readBackupHealth({ warehouse, clock: { nowMs: () => NOW }, settings: { backupDir } });
}

describe("readBackupHealth()", () => {
  it.each<[string, readonly LastRun[], boolean]>([
    ["nothing ever ran here", [], false],
    ["the first night is to come", [{ kind: "nightly", hoursAgo: 20 }], false],
    ["no backup was made since the first night", [{ kind: "nightly", hoursAgo: 26.01 }], true],
    [
      "one was made an hour ago",
      [
        { kind: "backup", hoursAgo: 1 },
        { kind: "nightly", hoursAgo: 900 },
      ],
      false,
    ],
    ["one was made 26 hours ago", [{ kind: "backup", hoursAgo: 26 }], false],
    ["one was made longer than 26 hours ago", [{ kind: "backup", hoursAgo: 26.01 }], true],
    [
      "one was verified since, which makes none",
      [
        { kind: "backup", hoursAgo: 30 },
        { kind: "backup verification", hoursAgo: 1 },
      ],
      true,
    ],
  ])("when %s", async (_, runs, isOverdue) => {
    expect((await health(runs)).isOverdue).toBe(isOverdue);
    expect((await health(runs, "")).isOverdue).toBe(false); // nobody asks for backups
  });

  it("tells the last one and the last look at them", async () => {
    const { lastMs, lastId, verified } = await health([
      { kind: "backup", hoursAgo: 3 },
      { kind: "backup verification", hoursAgo: 2, outcome: "failed" },
    ]);
    expect([lastMs, lastId]).toEqual([NOW - 3 * HOUR_MS, "20261124T021000Z"]);
    expect(verified).toEqual({ atMs: NOW - 2 * HOUR_MS, outcome: "failed" });
  });
});

describe("toBackupMetricsText()", () => {
  it.each([
    [{ isOverdue: false }, 0, 0],
    [{ lastMs: toEpochMs(1_795_513_800_999), lastId: "x", isOverdue: true }, 1_795_513_800, 1],
  ])("of %j", (stands, seconds, overdue) => {
    const lines = toBackupMetricsText(stands).split("\n");
    expect(lines).toContain(`roebuck_backup_last_success_timestamp_seconds ${seconds}`);
    expect(lines).toContain(`roebuck_backup_overdue ${overdue}`);
    expect(lines.filter((line) => line.startsWith("# TYPE"))).toHaveLength(2);
  });
});
