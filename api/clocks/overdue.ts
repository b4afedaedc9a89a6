import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Clock, Warehouse } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";
import { toOverdueDays } from "./due.ts";
import { readOldestDay } from "./expired-rows.ts";

const HOUR_MS = 3_600_000;
/** A purge is due every day; two hours more are for one that takes long. */
const SUCCESS_MS_MAX = 26 * HOUR_MS;
/** What passes its year at midnight must be gone by this time of the night, after midnight UTC. */
const NIGHT_MS = 4 * HOUR_MS;

/** How the one-year clock stands. */
export interface PurgeHealth {
  /** When the last purge had done and checked all its work, UTC. Absent: never. */
  readonly lastSuccessMs?: EpochMs;
  /** UTC days whose rows should have gone and are there; 0 as it should be. */
  readonly overdueDays: number;
  /** Somebody must look: rows older than the rule are there, or no purge was whole for 26 hours. */
  readonly isOverdue: boolean;
}

/** What the health of the clocks is read from. */
export interface PurgeHealthParts {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "retentionDays">;
}

/**
 * Looks how the one-year clock stands. A new installation counts from its first night.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readPurgeHealth({ warehouse, clock, settings }: PurgeHealthParts): Promise<PurgeHealth> {
  const nowMs = clock.nowMs();
  const rows = await warehouse.rows<{ kind: string; last: string }>({
    sql: `SELECT kind, toString(toUnixTimestamp64Milli(max(ended_at))) AS last FROM runs
          WHERE (kind = 'purge' AND outcome = 'done') OR (kind = 'nightly' AND outcome = 'begun') GROUP BY kind`,
  });
  const last = (kind: string) => rows.find((row) => row.kind === kind)?.last;
  const purged = last("purge");
  const since = Number(purged ?? last("nightly") ?? nowMs);
  const nightMs = toEpochMs(nowMs - NIGHT_MS);
  const overdueDays = toOverdueDays(await readOldestDay(warehouse), nightMs, settings.retentionDays);
  return {
    ...(purged === undefined ? {} : { lastSuccessMs: toEpochMs(Number(purged)) }),
    overdueDays,
    isOverdue: overdueDays > 0 || nowMs - since > SUCCESS_MS_MAX,
  };
}

/** The same as Prometheus text. Pure. */
export function toPurgeMetricsText({ lastSuccessMs, overdueDays, isOverdue }: PurgeHealth): string {
  return [
    "# HELP roebuck_purge_overdue_days UTC days whose rows are older than the retention period and still there.",
    "# TYPE roebuck_purge_overdue_days gauge",
    `roebuck_purge_overdue_days ${overdueDays}`,
    "# HELP roebuck_purge_last_success_timestamp_seconds When a purge last did and checked all its work; 0: never.",
    "# TYPE roebuck_purge_last_success_timestamp_seconds gauge",
    `roebuck_purge_last_success_timestamp_seconds ${Math.floor((lastSuccessMs ?? 0) / 1_000)}`,
    "# HELP roebuck_purge_overdue 1 if somebody must look: rows are too old, or no purge was whole for 26 hours.",
    "# TYPE roebuck_purge_overdue gauge",
    `roebuck_purge_overdue ${isOverdue ? 1 : 0}`,
    "",
  ].join("\n");
}
