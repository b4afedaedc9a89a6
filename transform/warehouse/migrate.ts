import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Warehouse, WarehouseRefused } from "../../schemas/ports.ts";
import { type Cluster, toClusterStatements } from "./cluster-script.ts";
import { LOCK_TABLE, withMigrationLock } from "./migration-lock.ts";
import { fillScript, type ScriptSections, toSections, toStatements } from "./sql-script.ts";
import { applyTableRules } from "./table-rules.ts";

/** What the migrations leave open. */
export interface MigrationValues {
  /** How long person-level rows are kept, days. The tables' TTL, a backstop behind the purge. */
  readonly retention_days: number;
  /** Settings of every table, from {@link toTableSettings}. */
  readonly table_settings: string;
}

/** One numbered script. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly script: string;
}

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

/** The first ClickHouse that takes UUIDs from Arrow, and in the order in which they are written (its PR 99521). */
const SERVER_MIN = [26, 4] as const;

const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** Folder of the scripts of this release. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../schemas/migrations/", import.meta.url));

/**
 * The settings that every table needs.
 *
 * Inserts and merges are synced before they are answered or replace anything; the last 10,000 tokens are kept, on a
 * cluster for a week (an hour is ClickHouse's own choice), so that a repeated insert adds nothing; inserts are refused while the disk still has room, because a full disk can
 * acknowledge a broken part; what a delete or merge replaced leaves the disk within some ten seconds. For that the
 * cleanup must come round at a fixed pace: left to itself it slows down to five minutes on a quiet table.
 *
 * @param freeDiskBytesMin inserts are refused below this much free disk, bytes
 */
export function toTableSettings(freeDiskBytesMin: number): string {
  return [
    "fsync_after_insert = 1",
    "fsync_part_directory = 1",
    "min_compressed_bytes_to_fsync_after_merge = 1",
    "non_replicated_deduplication_window = 10000",
    "replicated_deduplication_window = 10000",
    "replicated_deduplication_window_seconds = 604800",
    `min_free_disk_bytes_to_perform_insert = ${freeDiskBytesMin}`,
    "old_parts_lifetime = 5",
    "cleanup_delay_period = 5",
    "cleanup_delay_period_random_add = 0",
    "max_cleanup_delay_period = 5",
    "cleanup_thread_preferred_points_per_iteration = 0",
  ].join(", ");
}

/** What a migration runs with. */
export interface MigrationOptions {
  readonly values: MigrationValues;
  /** Name of the ClickHouse cluster; empty or absent for a single server. */
  readonly cluster?: string;
  readonly folder?: string;
}

/**
 * Brings the warehouse to the schema of this release: every script that is not yet recorded, in order, once, while no
 * other process does the same.
 *
 * Killed midway it starts that script again, so each statement must be repeatable (`IF NOT EXISTS`). Tables that are
 * there already get the values of now. Answers the versions that were applied now.
 *
 * @throws Error if ClickHouse is older than 26.4, an applied script has changed since, the warehouse was migrated
 *   by a newer release, or another process holds the lock for ten minutes
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function migrate(
  warehouse: Warehouse,
  { values, cluster = "", folder = MIGRATIONS_FOLDER }: MigrationOptions,
): Promise<readonly number[]> {
  const migrations = await readMigrations(folder);
  const server = await checkServer(warehouse);
  const place = cluster === "" ? undefined : { name: cluster, database: server.database };
  const run = (script: string) => runScript(warehouse, fillScript(script, toFilling(values, server)), place);
  await run(APPLIED_TABLE);
  await run(LOCK_TABLE);
  const isBehind = planMigrations(migrations, await readApplied(warehouse)).length > 0;
  const done = isBehind
    ? await withMigrationLock(warehouse, async () => {
        const missing = planMigrations(migrations, await readApplied(warehouse)); // another may have just done it
        for (const migration of missing) await applyMigration(warehouse, migration, run);
        return missing.map(({ version }) => version);
      })
    : [];
  const rules = { retentionDays: values.retention_days, tableSettings: values.table_settings, cluster: place?.name };
  await applyTableRules(warehouse, rules);
  return done;
}

const APPLIED_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations
(version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'))
ENGINE = ReplacingMergeTree ORDER BY version SETTINGS {table_settings}`;

async function applyMigration(
  warehouse: Warehouse,
  { version, name, checksum, script }: Migration,
  run: (script: string) => Promise<void>,
): Promise<void> {
  const { everywhere, accessControl } = toSections(script);
  await run(everywhere);
  if (accessControl !== "" && (await hasAccessControl(warehouse))) await run(accessControl);
  await warehouse.insertRows("schema_migrations", [{ version, name, checksum }], `migration:${version}`);
}

async function runScript(warehouse: Warehouse, script: string, cluster: Cluster | undefined): Promise<void> {
  for (const statement of toStatements(script)) {
    for (const sql of cluster === undefined ? [statement] : toClusterStatements(statement, cluster)) {
      await warehouse.execute({ sql });
    }
  }
}

/** False on the embedded engine, which has one user and nowhere to keep others. */
async function hasAccessControl(warehouse: Warehouse): Promise<boolean> {
  const rows = await warehouse.rows({ sql: "SELECT name FROM system.user_directories WHERE type != 'users_xml'" });
  return rows.length > 0;
}

/** ClickHouse's number for a table that is not there. */
const UNKNOWN_TABLE = 60;

/**
 * Whether the warehouse has the schema of this release: `behind` if migrations are missing, `ahead` if it was
 * migrated by a release that this one does not know. Changes nothing.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function checkSchema(
  warehouse: Warehouse,
  folder: string = MIGRATIONS_FOLDER,
): Promise<"current" | "behind" | "ahead"> {
  const migrations = await readMigrations(folder);
  const applied = await readApplied(warehouse).catch((error: unknown) => {
    if (error instanceof WarehouseRefused && error.code === UNKNOWN_TABLE) return [];
    throw error;
  });
  const ours = new Map(migrations.map(({ version, checksum }) => [version, checksum]));
  if (applied.some(({ version, checksum }) => ours.get(version) !== checksum)) return "ahead";
  return applied.length < migrations.length ? "behind" : "current";
}

function readApplied(warehouse: Warehouse): Promise<AppliedRow[]> {
  return warehouse.rows<AppliedRow>({
    sql: "SELECT version, any(name) AS name, any(checksum) AS checksum FROM schema_migrations GROUP BY version ORDER BY version",
  });
}

interface ServerRow {
  readonly version: string;
  readonly database: string;
  readonly user: string;
}

/** What stands for `{name}` in a script. */
function toFilling(
  values: MigrationValues,
  { database, user }: Omit<ServerRow, "version">,
): Record<string, string | number> {
  return { ...values, database: `\`${database}\``, definer: `\`${user}\`` };
}

/** The scripts of a folder, in order, filled for a database and the user who migrates: to be read, not run. */
export async function readScripts(
  { database, definer, ...values }: MigrationValues & { readonly database: string; readonly definer: string },
  folder: string = MIGRATIONS_FOLDER,
): Promise<readonly ScriptSections[]> {
  const filling = toFilling(values, { database, user: definer });
  return (await readMigrations(folder)).map(({ script }) => toSections(fillScript(script, filling)));
}

async function checkServer(warehouse: Warehouse): Promise<ServerRow> {
  const [row] = await warehouse.rows<ServerRow>({
    sql: "SELECT version() AS version, currentDatabase() AS database, currentUser() AS user",
  });
  const [major = 0, minor = 0] = (row?.version ?? "").split(".").map(Number);
  const [majorMin, minorMin] = SERVER_MIN;
  if (row !== undefined && (major > majorMin || (major === majorMin && minor >= minorMin))) return row;
  throw new Error(
    `Cannot use ClickHouse ${row?.version ?? "of unknown version"}: it must be ${SERVER_MIN.join(".")} or later, which reads event ids from Arrow`,
  );
}

/** Compares what is recorded with what the release has. Pure. */
function planMigrations(migrations: readonly Migration[], applied: readonly AppliedRow[]): readonly Migration[] {
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const ours = byVersion.get(version);
    if (ours === undefined) {
      throw new Error(
        `Cannot migrate: the warehouse has migration ${version} (${name}), which this release does not know; start a release that has it`,
      );
    }
    if (ours.checksum !== checksum) {
      throw new Error(
        `Cannot migrate: migration ${version} (${name}) was applied and has changed since; restore the file and put the change into a new one`,
      );
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (file, index) => {
      const [, number, name = ""] = FILE.exec(file) ?? [];
      const version = Number(number);
      if (version !== index + 1) {
        throw new Error(`Cannot migrate: "${file}" must be numbered from 0001 without gaps, as NNNN_name.sql`);
      }
      const script = await readFile(`${folder}/${file}`, "utf8");
      return { version, name, script, checksum: createHash("sha256").update(script).digest("hex") };
    }),
  );
}
