import { join } from "node:path";
import type { Warehouse } from "../../schemas/ports.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import type { BackupIdentity } from "./backup-key.ts";
import type { BackupFile, Manifest } from "./manifest.ts";
import { readSealedFile } from "./sealed-file.ts";
import { BACKED_UP_TABLES, type BackedUpTable } from "./tables.ts";

/** What is put back, and under which life of the store. */
export interface TablesToRestore {
  readonly own: string;
  readonly manifest: Manifest;
  readonly key: BackupIdentity;
  readonly epoch: number;
}

const INCOMING = "restore_incoming_";

/**
 * Puts the tables of a backup back: in place of the rows that are there, or beside them where newer ones must not be
 * lost. Repeating it gives the same.
 *
 * @returns rows by table as the backup has them
 * @throws CommandError if a table has not the rows that the backup has
 * @throws SealBroken, WarehouseUnavailable, WarehouseRefused
 */
export async function restoreTables(
  warehouse: Warehouse,
  backup: TablesToRestore,
  io: Pick<CommandIo, "progress">,
): Promise<Readonly<Record<string, number>>> {
  const rows: Record<string, number> = {};
  for (const [done, table] of BACKED_UP_TABLES.entries()) {
    io.progress(`Restore ${table.name}`, done, BACKED_UP_TABLES.length);
    const files = backup.manifest.tables.find(({ name }) => name === table.name)?.files ?? [];
    rows[table.name] = files.reduce((sum, file) => sum + file.rows, 0);
    if (table.returns === "replaced") await replaceTable(warehouse, backup, table, files);
    else await addToTable(warehouse, backup, table, files);
  }
  io.progress("Restore", BACKED_UP_TABLES.length, BACKED_UP_TABLES.length);
  return rows;
}

async function replaceTable(
  warehouse: Warehouse,
  backup: TablesToRestore,
  { name, files: kind }: BackedUpTable,
  files: readonly BackupFile[],
): Promise<void> {
  await warehouse.execute({ sql: "TRUNCATE TABLE {name:Identifier}", parameters: { name } });
  for (const file of files) await insertFile(warehouse, backup, name, file);
  // Tables that keep the latest row or add rows up may have fewer by now.
  if (kind === "days") await verifyRows(warehouse, name, files);
}

async function addToTable(
  warehouse: Warehouse,
  backup: TablesToRestore,
  { name, key }: BackedUpTable,
  files: readonly BackupFile[],
): Promise<void> {
  // Names and columns are constants of the catalogue: an identifier may not stand for every table of a statement.
  const incoming = `${INCOMING}${name}`;
  const columns = key.join(", ");
  const drop = () => warehouse.execute({ sql: `DROP TABLE IF EXISTS ${incoming} SYNC` });
  await drop();
  if (files.length === 0) return;
  await warehouse.execute({ sql: `CREATE TABLE ${incoming} AS ${name}` });
  for (const file of files) await insertFile(warehouse, backup, incoming, file);
  await warehouse.execute({
    sql: `INSERT INTO ${name} SELECT * FROM ${incoming} WHERE (${columns}) NOT IN (SELECT ${columns} FROM ${name})`,
    settings: { insert_deduplicate: 0 },
  });
  await drop();
}

async function insertFile(
  warehouse: Warehouse,
  { own, key, epoch }: TablesToRestore,
  table: string,
  file: BackupFile,
): Promise<void> {
  const content = readSealedFile(join(own, file.path), file, key.identity);
  await warehouse.insertStream(table, "Native", content, `${epoch}:restore:${file.path}`);
}

async function verifyRows(warehouse: Warehouse, name: string, files: readonly BackupFile[]): Promise<void> {
  const [row] = await warehouse.rows<{ total: string }>({
    sql: "SELECT toString(count()) AS total FROM {name:Identifier}",
    parameters: { name },
  });
  const wanted = files.reduce((sum, file) => sum + file.rows, 0);
  if (Number(row?.total ?? 0) === wanted) return;
  throw new CommandError(
    `Cannot restore: "${name}" has ${row?.total ?? 0} rows and the backup ${wanted}. Nothing else may write to the store; run it again.`,
  );
}
