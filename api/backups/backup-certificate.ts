import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type EpochMs, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import type { Manifest } from "./manifest.ts";

/** The proof of a backup: counts, nothing of anybody. */
export interface BackupCertificate {
  readonly id: string;
  readonly folder: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly expiresMs: EpochMs;
  /** Days of people's rows before this one, `20260228`, were left out: they would have to be gone before the backup is. */
  readonly firstPartition: string;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Decisions in the copy of the journal. */
  readonly journalCount: number;
  /** Ids of backups that were removed: beyond their days, or never finished. */
  readonly removed: readonly string[];
}

/**
 * The certificate of a backup that was made and read back. Pure.
 *
 * @param folder of all backups
 */
export function toBackupCertificate(
  folder: string,
  { id, createdMs, tables, journal, expiresMs, firstPartition }: Manifest,
  { endedMs, removed }: Pick<BackupCertificate, "endedMs" | "removed">,
): BackupCertificate {
  const files = tables.flatMap((table) => table.files);
  return {
    id,
    folder: join(folder, id),
    startedMs: toEpochMs(createdMs),
    endedMs,
    expiresMs: toEpochMs(expiresMs),
    firstPartition,
    files: files.length,
    rows: sum(files.map(({ rows }) => rows)),
    bytes: sum(files.map(({ bytes }) => bytes)),
    journalCount: journal.count,
    removed,
  };
}

/** Writes a certificate into the ledger of runs. Throws WarehouseUnavailable, WarehouseRefused. */
export async function noteBackup(warehouse: Warehouse, certificate: BackupCertificate): Promise<void> {
  const { startedMs, endedMs, ...detail } = certificate;
  const row = {
    id: randomUUID(),
    kind: "backup",
    subject: certificate.id,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
