import { describe, expect, it } from "vitest";
import { toAlarms } from "../../../../api/portal/operator-page.ts";
import type { OperatorView } from "../../../../api/portal/operator-view.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const NOW = toEpochMs(Date.parse("2026-11-20T12:00:00Z"));
const AT_REST: OperatorView = {
  atMs: NOW,
  days: [],
  reasons: [],
  backlog: 0,
  storedUntilMs: NOW,
  checks: [{ name: "log", isWell: true }],
  closes: [],
  partners: 0,
  jobs: [{ job: "purge", outcome: "done", atMs: NOW }],
  purge: { overdueDays: 0, isOverdue: false },
  backup: { isOverdue: false, isWanted: true },
  requests: { open: 0, stopped: 0, overdue: 0, soon: 0 },
  deliveries: { sent: 3, refused: 0, waiting: 0, overdue: 0, hoursMax: 24 },
};
const MINUTE_MS = 60_000;

describe("toAlarms()", () => {
  it("has none when all is well", () => {
    expect(toAlarms(AT_REST)).toEqual([]);
  });

  it.each([
    ["a part is not well", { checks: [{ name: "warehouse", isWell: false }] }, "Not well: warehouse"],
    [
      "records wait for more than ten minutes",
      { backlog: 1, storedUntilMs: toEpochMs(NOW - 11 * MINUTE_MS) },
      "1 record waits on the log",
    ],
    ["very many wait for another process", { backlog: 600_000, storedUntilMs: toEpochMs(0) }, "600,000 records wait"],
    ["the purge is overdue", { purge: { overdueDays: 2, isOverdue: true } }, "The purge is overdue (2 days"],
    ["the backup is overdue", { backup: { isOverdue: true, isWanted: true } }, "No backup was made"],
    ["requests are overdue", { requests: { open: 2, stopped: 0, overdue: 2, soon: 0 } }, "2 requests of people are"],
    [
      "a delivery was refused",
      { deliveries: { sent: 3, refused: 1, waiting: 0, overdue: 0, hoursMax: 24 } },
      "1 delivery of a record was refused",
    ],
    [
      "records have not come for a day",
      { deliveries: { sent: 3, refused: 0, waiting: 2, overdue: 2, hoursMax: 24 } },
      "2 records have not come to an officer in 24 hours since the close. Run: roebuck deliver MONTH --dry-run",
    ],
    ["a job of the night failed", { jobs: [{ job: "backup", outcome: "failed", atMs: NOW }] }, "failed: backup"],
  ])("tells when %s", (_, change, words) => {
    expect(toAlarms({ ...AT_REST, ...change })).toEqual([expect.stringContaining(words)]);
  });

  it.each([
    [
      "a delivery that waits for an hour",
      { deliveries: { sent: 3, refused: 0, waiting: 1, overdue: 0, hoursMax: 24 } },
    ],
    ["a short wait", { backlog: 5, storedUntilMs: toEpochMs(NOW - MINUTE_MS) }],
    ["nothing to store for long", { backlog: 0, storedUntilMs: toEpochMs(NOW - 60 * MINUTE_MS) }],
    ["a backlog that another process works at", { backlog: 5_000, storedUntilMs: toEpochMs(0) }],
  ])("does not tell of %s", (_, change) => {
    expect(toAlarms({ ...AT_REST, ...change })).toEqual([]);
  });
});
