import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { SETTINGS } from "../../schemas/settings.ts";

const DAY_MS = 86_400_000;

/** Id of a backup made at an instant: `20261124T093000Z`, so that ids sort by time. Pure. */
export function toBackupId(createdMs: EpochMs): string {
  return new Date(createdMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Tells whether a name is the id of a backup, and so safe as the name of a folder. Pure. */
export function isBackupId(name: string): boolean {
  return /^\d{8}T\d{6}Z$/.test(name);
}

/** When a backup may be used no more and is removed, UTC. Pure. */
export function toExpiresMs(createdMs: EpochMs, backupDays: number): EpochMs {
  return toEpochMs(createdMs + backupDays * DAY_MS);
}

/**
 * The first UTC day that a backup may hold rows of, as the name of a partition (`20260228`). Day D must be gone on the
 * day D + `retentionDays`; on the last day on which the backup may be used it holds no day that must be gone by then.
 * Pure.
 *
 * @see GDPR Art. 5(1)(e); privacy policy, "Backups"
 */
export function toFirstPartition(expiresMs: EpochMs, retentionDays: number): string {
  const lastGone = new Date(expiresMs - retentionDays * DAY_MS);
  return new Date(lastGone.getTime() + DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

/** A backup as far as its age goes. */
export interface AgedBackup {
  readonly id: string;
  /** When its days are over, UTC. `unfinished`: it was cut off; `unknown`: it cannot be read what it says. */
  readonly expiresMs: EpochMs | "unfinished" | "unknown";
}

/**
 * The backups to remove now: those beyond their days, and those that were never finished. One that cannot be read, because
 * it was changed or its key is gone, goes by its name once it is older than any backup may be: it must not stay for
 * ever because nobody can read when it ends. Pure.
 */
export function planRemovals(backups: readonly AgedBackup[], nowMs: EpochMs): readonly string[] {
  return backups
    .filter(({ id, expiresMs }) => {
      if (expiresMs === "unfinished") return true;
      return (expiresMs === "unknown" ? toExpiresMs(toCreatedMs(id), SETTINGS.backupDays.max) : expiresMs) <= nowMs;
    })
    .map(({ id }) => id);
}

function toCreatedMs(id: string): EpochMs {
  return toEpochMs(Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z")));
}
