import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openLock } from "../../ingest/log/folder-lock.ts";
import { type EpochMs, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { JournalHead } from "../../schemas/journal.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { TRANSFORM_GROUP } from "../../transform/worker.ts";
import { writeAudit } from "../audit.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import type { Service } from "../service.ts";
import { type BackupKey, openBackupKey } from "./backup-key.ts";
import { type Clones, dropClones, openClones } from "./clones.ts";
import { toKeyFingerprints } from "./fingerprints.ts";
import { createBackupFolder, listBackups, removeBackup, syncFolder, toBackupFolder, writeManifest } from "./folder.ts";
import { copyJournal } from "./journal-copy.ts";
import { toLogIdentity } from "./log-identity.ts";
import { BACKUP_VERSION, type BackupFile, type Manifest, sealManifest } from "./manifest.ts";
import { type AgedBackup, planRemovals, toBackupId, toExpiresMs, toFirstPartition } from "./plan.ts";
import { readSchemaVersion } from "./schema-version.ts";
import { writeSealedFile } from "./sealed-file.ts";
import { BACKED_UP_TABLES, type BackedUpTable } from "./tables.ts";
import { verifyFiles } from "./verify.ts";

/** What a backup needs of the service. */
export type BackupService = Pick<
  Service,
  "warehouse" | "log" | "clock" | "settings" | "followed" | "journal" | "keyFiles" | "pauseTransform"
>;

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
 * Makes a backup: every table as it stands at one moment, packed and encrypted, the journal beside it; reads it back;
 * then removes backups beyond their days. The transform pauses only until clones are taken. Killed anywhere, it leaves
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
    using _ = lockFolder(folder);
    const key = await openBackupKey(service.settings);
    const id = toFreeId(folder, startedMs);
    await writeAudit(service, { actor, action: "backup", subject: id });
    const removed = removeOld(folder, key, startedMs);
    const place = { folder, id, key, startedMs };
    const manifest = await writeOrRemove(service, place, io);
    const certificate = toCertificate(place, manifest, { endedMs: service.clock.nowMs(), removed });
    await noteCertificate(service.warehouse, certificate);
    return certificate;
  } catch (error) {
    if (error instanceof CommandError) {
      await writeAudit(service, { actor, action: "backup", detail: { refused: true } });
    }
    throw error;
  }
}

/** One backup at a time goes into a folder, whichever process makes it. Throws CommandError. */
function lockFolder(folder: string): Disposable {
  let lock: Disposable | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = openLock(join(folder, "lock.db"));
  } catch (error) {
    throw toFolderError(folder, error) ?? error;
  }
  if (lock !== undefined) return lock;
  throw new CommandError(`Cannot make a backup in "${folder}": one is being made. Wait until it is done.`);
}

function toCertificate(
  { folder, id, startedMs }: Place,
  { tables, journal, expiresMs, firstPartition }: Manifest,
  { endedMs, removed }: Pick<BackupCertificate, "endedMs" | "removed">,
): BackupCertificate {
  const files = tables.flatMap((table) => table.files);
  return {
    id,
    folder: join(folder, id),
    startedMs,
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

/** What a folder that cannot be written means, and what to do; `undefined` if it is something else. */
function toFolderError(folder: string, error: unknown): CommandError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new CommandError(
        `Cannot make a backup in "${folder}": the disk is full. Make room, then run it again; nothing half is left.`,
      );
    case "EACCES":
    case "EROFS":
    case "EPERM":
    case "ENOTDIR":
    case "EEXIST":
    case "ENOENT":
      return new CommandError(
        `Cannot make a backup in "${folder}": it must be a folder that this process may write (${code}). Name another in ROEBUCK_BACKUP_DIR, or let it.`,
      );
    default:
      return undefined;
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
  const exports = await planExports(warehouse, clones, firstPartition);
  const tables = new Map(exports.map(({ table }) => [table.name, [] as BackupFile[]]));
  for (const [done, one] of exports.entries()) {
    io.progress(`Back up ${one.table.name}`, done, exports.length);
    if (io.signal.aborted) throw new CommandError("Stopped the backup. Nothing of it is left.");
    const file = await exportFile(warehouse, clones, own, one, key);
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

/** Everything that must fit together, at one moment: nothing is stored meanwhile. */
async function takeMoment(
  service: BackupService,
): Promise<Pick<Manifest, "log" | "journal" | "keys"> & { readonly clones: Clones }> {
  const { log, warehouse, settings, keyFiles, followed } = service;
  await dropClones(warehouse);
  await using pause = await service.pauseTransform();
  const positions = await log.positions("events", TRANSFORM_GROUP);
  const ends = await log.ends("events");
  await followed.caughtUp();
  const journal: JournalHead = followed.head();
  const keys = toKeyFingerprints(keyFiles.collectorKeys(), keyFiles.pseudonymKeys());
  const clones = await openClones(warehouse, settings.clickhouseUrl !== "" && settings.clickhouseCluster !== "");
  return {
    clones,
    log: {
      id: toLogIdentity(settings),
      positions: toNamed(positions),
      ends: toNamed(ends),
      isPaused: pause.isPaused,
    },
    journal,
    keys,
  };
}

function toNamed(offsets: ReadonlyMap<number, number>): Record<string, number> {
  return Object.fromEntries([...offsets].map(([partition, offset]) => [String(partition), offset]));
}

/** One file to write. */
interface Export {
  readonly table: BackedUpTable;
  /** Partition of a table in days; absent: the whole table. */
  readonly partition?: string;
}

async function planExports(warehouse: Warehouse, clones: Clones, firstPartition: string): Promise<readonly Export[]> {
  const plans = await Promise.all(
    BACKED_UP_TABLES.map(async (table): Promise<readonly Export[]> => {
      if (table.files === "whole") return [{ table }];
      const rows = await warehouse.rows<{ partition: string }>({
        sql: `SELECT DISTINCT _partition_id AS partition FROM ${clones.toSource(table.name)}
              WHERE _partition_id >= {first:String} ORDER BY partition`,
        parameters: { first: firstPartition },
      });
      return rows.map(({ partition }) => ({ table, partition }));
    }),
  );
  return plans.flat();
}

async function exportFile(
  warehouse: Warehouse,
  clones: Clones,
  own: string,
  { table, partition }: Export,
  key: BackupKey,
): Promise<BackupFile | undefined> {
  const source = `${clones.toSource(table.name)}${partition === undefined ? "" : " WHERE _partition_id = {partition:String}"}`;
  const parameters = partition === undefined ? {} : { partition };
  const counted = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM ${source}`,
    parameters,
  });
  const rows = Number(counted[0]?.total ?? 0);
  if (rows === 0) return undefined;
  const path = `${table.name}/${partition ?? "all"}.age`;
  const content = await warehouse.stream({ sql: `SELECT * FROM ${source}`, parameters }, "Native");
  return { path, rows, ...(await writeSealedFile(join(own, path), content, key.recipient)) };
}

async function readColumns(warehouse: Warehouse, table: string): Promise<string[]> {
  const rows = await warehouse.rows<{ name: string }>({
    sql: `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position`,
    parameters: { table },
  });
  return rows.map(({ name }) => name);
}

async function noteCertificate(warehouse: Warehouse, certificate: BackupCertificate): Promise<void> {
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
