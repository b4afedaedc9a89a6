import { existsSync } from "node:fs";
import { join } from "node:path";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { toHeldScope } from "../clocks/due.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import type { Service } from "../service.ts";
import { type BackupCertificate, noteBackup, toBackupCertificate } from "./backup-certificate.ts";
import { type BackupKey, openBackupKey } from "./backup-key.ts";
import { exportFile, planExports } from "./exports.ts";
import { createBackupFolder, listBackups, removeBackup, syncFolder, toBackupFolder, writeManifest } from "./folder.ts";
import { lockBackupFolder, toFolderError } from "./folder-use.ts";
import { copyJournal } from "./journal-copy.ts";
import { BACKUP_VERSION, type BackupFile, type Manifest, sealManifest } from "./manifest.ts";
import { type MomentService, takeMoment } from "./moment.ts";
import { type AgedBackup, planRemovals, toBackupId, toExpiresMs, toFirstPartition } from "./plan.ts";
import { readSchemaVersion } from "./schema-version.ts";
import { verifyFiles } from "./verify.ts";

/** What a backup needs of the service. */
export type BackupService = MomentService & Pick<Service, "clock" | "journal">;

/**
 * Makes a backup: removes those beyond their days, then takes every table as it stands at one moment, packed and
 * encrypted, the journal beside it, and reads it back. The transform pauses only until clones are taken. Killed anywhere, it leaves
 * nothing that is taken for a backup, and the next one clears it away.
 *
 * @param request.dir in place of the setting
 * @throws CommandError if no folder is named, one is being made there, the journal is older than its last copy, the
 * disk is full, or what was written cannot be read back; it is in the audit trail
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 * @see GDPR Art. 32(1)(c)
 */
export async function runBackup(
  service: BackupService,
  { dir }: { readonly dir?: string },
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<BackupCertificate> {
  const startedMs = service.clock.nowMs();
  try {
    const folder = toBackupFolder(service.settings, dir);
    using _ = lockBackupFolder(folder);
    const key = await openBackupKey(service.settings);
    const id = toFreeId(folder, startedMs);
    await writeAudit(service, { actor, action: "backup", subject: id });
    const removed = removeOld(folder, key, startedMs);
    const place = { folder, id, key, startedMs };
    const manifest = await writeOrRemove(service, place, io);
    const certificate = toBackupCertificate(folder, manifest, { endedMs: service.clock.nowMs(), removed });
    await noteBackup(service.warehouse, certificate);
    return certificate;
  } catch (error) {
    if (error instanceof CommandError) {
      await writeAudit(service, { actor, action: "backup", detail: { refused: true } });
    }
    throw error;
  }
}

interface Place {
  readonly folder: string;
  readonly id: string;
  readonly key: BackupKey;
  readonly startedMs: EpochMs;
}

/** An id is a second: a second backup within it takes the next. */
function toFreeId(folder: string, startedMs: EpochMs): string {
  for (let ms: number = startedMs; ; ms += 1_000) {
    const id = toBackupId(toEpochMs(ms));
    if (!existsSync(join(folder, id))) return id;
  }
}

function removeOld(folder: string, key: BackupKey, nowMs: EpochMs): readonly string[] {
  const aged = listBackups(folder, key).map(({ id, manifest }): AgedBackup => {
    if (manifest === "unfinished") return { id, expiresMs: manifest };
    return { id, expiresMs: typeof manifest === "string" ? "unknown" : toEpochMs(manifest.expiresMs) };
  });
  const removed = planRemovals(aged, nowMs);
  for (const id of removed) removeBackup(folder, id);
  return removed;
}

async function writeOrRemove(
  service: BackupService,
  place: Place,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<Manifest> {
  try {
    return await writeBackup(service, place, io);
  } catch (error) {
    removeBackup(place.folder, place.id);
    throw toFolderError(place.folder, error) ?? error;
  }
}

async function writeBackup(
  service: BackupService,
  { folder, id, key, startedMs }: Place,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<Manifest> {
  const { settings, warehouse } = service;
  const own = createBackupFolder(folder, id);
  const expiresMs = toExpiresMs(startedMs, settings.backupDays);
  const firstPartition = toFirstPartition(expiresMs, settings.retentionDays);
  const { clones, ...moment } = await takeMoment(service);
  await using _ = clones;
  const scope = { firstPartition, held: toHeldScope(service.journal()) };
  const exports = await planExports(warehouse, clones, scope);
  const tables = new Map(exports.map(({ table }) => [table.name, [] as BackupFile[]]));
  for (const [done, one] of exports.entries()) {
    io.progress(`Back up ${one.table.name}`, done, exports.length);
    if (io.signal.aborted) throw new CommandError("Stopped the backup. Nothing of it is left.");
    const file = await exportFile(warehouse, { clones, own, key }, one, scope);
    if (file !== undefined) tables.get(one.table.name)?.push(file);
  }
  io.progress("Back up the journal", exports.length, exports.length);
  const copied = await copyJournal(service.log, folder, key, service.clock.nowMs());
  const manifest: Manifest = {
    v: BACKUP_VERSION,
    id,
    createdMs: startedMs,
    expiresMs,
    schema: await readSchemaVersion(warehouse),
    retentionDays: settings.retentionDays,
    firstPartition,
    tables: await Promise.all(
      [...tables].map(async ([name, files]) => ({ name, columns: await readColumns(warehouse, name), files })),
    ),
    ...moment,
  };
  if (copied.count < manifest.journal.count) {
    throw new CommandError(`Cannot make backup ${id}: the journal became shorter meanwhile. Run \`roebuck check\`.`);
  }
  for (const name of tables.keys()) if (existsSync(join(own, name))) syncFolder(join(own, name));
  // A backup that cannot be read is none: what the disk has is looked at before it counts as one.
  const broken = await verifyFiles(own, manifest, key, io);
  if (broken !== undefined) throw new CommandError(`Cannot make backup ${id}: ${broken}`);
  writeManifest(own, sealManifest(manifest, key.macKey));
  return manifest;
}

async function readColumns(warehouse: Warehouse, table: string): Promise<string[]> {
  const rows = await warehouse.rows<{ name: string }>({
    sql: `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position`,
    parameters: { table },
  });
  return rows.map(({ name }) => name);
}
