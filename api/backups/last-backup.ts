import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Clock, Warehouse } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";

/** A backup is due every day; two hours more are for one that takes long. */
const SUCCESS_MS_MAX = 26 * 3_600_000;

/** How the backups stand. */
export interface BackupHealth {
  /** When the last backup was made and read back, UTC. Absent: never. */
  readonly lastMs?: EpochMs;
  readonly lastId?: string;
  /** The last time that somebody had backups verified. */
  readonly verified?: { readonly atMs: EpochMs; readonly outcome: string };
  /** Backups are asked for, and none was made for 26 hours. */
  readonly isOverdue: boolean;
}

/** What the health of the backups is read from. */
export interface BackupHealthParts {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "backupDir">;
}

/**
 * Looks how the backups stand. A new installation counts from its first night.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readBackupHealth({ warehouse, clock, settings }: BackupHealthParts): Promise<BackupHealth> {
  const rows = await warehouse.rows<{ kind: string; last: string; id: string; outcome: string }>({
    sql: `SELECT run.kind AS kind, toString(toUnixTimestamp64Milli(max(run.ended_at))) AS last,
            argMax(run.subject, run.ended_at) AS id, argMax(run.outcome, run.ended_at) AS outcome FROM runs AS run
          WHERE (run.kind = 'backup' AND run.outcome = 'done') OR run.kind = 'backup verification'
            OR (run.kind = 'nightly' AND run.outcome = 'begun') GROUP BY kind`,
  });
  const find = (kind: string) => rows.find((row) => row.kind === kind);
  const [made, verified] = [find("backup"), find("backup verification")];
  const nowMs = clock.nowMs();
  const since = Number(made?.last ?? find("nightly")?.last ?? nowMs);
  return {
    ...(made === undefined ? {} : { lastMs: toEpochMs(Number(made.last)), lastId: made.id }),
    ...(verified === undefined
      ? {}
      : { verified: { atMs: toEpochMs(Number(verified.last)), outcome: verified.outcome } }),
    isOverdue: settings.backupDir !== "" && nowMs - since > SUCCESS_MS_MAX,
  };
}

/** The same as Prometheus text. Pure. */
export function toBackupMetricsText({ lastMs, isOverdue }: BackupHealth): string {
  return [
    "# HELP roebuck_backup_last_success_timestamp_seconds When a backup was last made and read back; 0: never.",
    "# TYPE roebuck_backup_last_success_timestamp_seconds gauge",
    `roebuck_backup_last_success_timestamp_seconds ${Math.floor((lastMs ?? 0) / 1_000)}`,
    "# HELP roebuck_backup_overdue 1 if somebody must look: backups are asked for and none was made for 26 hours.",
    "# TYPE roebuck_backup_overdue gauge",
    `roebuck_backup_overdue ${isOverdue ? 1 : 0}`,
    "",
  ].join("\n");
}
