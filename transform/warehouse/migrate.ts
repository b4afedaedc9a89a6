import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Warehouse } from "../../schemas/ports.ts";
import { fillScript, toStatements } from "./sql-script.ts";
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
 * Inserts and merges are synced before they are answered or replace anything; the last 10,000 tokens are kept, so
 * that a repeated insert adds nothing; inserts are refused while the disk still has room, because a full disk can
 * acknowledge a broken part; what a delete or merge replaced leaves the disk within seconds.
 *
 * @param freeDiskBytesMin inserts are refused below this much free disk, bytes
 */
export function toTableSettings(freeDiskBytesMin: number): string {
  return [
    "fsync_after_insert = 1",
    "fsync_part_directory = 1",
    "min_compressed_bytes_to_fsync_after_merge = 1",
    "non_replicated_deduplication_window = 10000",
    `min_free_disk_bytes_to_perform_insert = ${freeDiskBytesMin}`,
    "old_parts_lifetime = 5",
    "cleanup_delay_period = 5",
  ].join(", ");
}

/**
 * Brings the warehouse to the schema of this release: every script that is not yet recorded, in order, once.
 *
 * Killed midway it starts that script again, so each statement must be repeatable (`IF NOT EXISTS`). Several may
 * migrate at the same time for the same reason. Tables that are there already get the values of now. Answers the
 * versions that were applied now.
 *
 * @throws Error if ClickHouse is older than 26.4, an applied script has changed since, or the warehouse was migrated
 *   by a newer release
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function migrate(
  warehouse: Warehouse,
  { values, folder = MIGRATIONS_FOLDER }: { readonly values: MigrationValues; readonly folder?: string },
): Promise<readonly number[]> {
  const migrations = await readMigrations(folder);
  await checkServer(warehouse);
  await warehouse.execute({
    sql: fillScript(
      `CREATE TABLE IF NOT EXISTS schema_migrations
       (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'))
       ENGINE = ReplacingMergeTree ORDER BY version SETTINGS {table_settings}`,
      { table_settings: values.table_settings },
    ),
  });
  const applied = await warehouse.rows<AppliedRow>({
    sql: "SELECT version, any(name) AS name, any(checksum) AS checksum FROM schema_migrations GROUP BY version ORDER BY version",
  });
  const missing = planMigrations(migrations, applied);
  for (const { version, name, checksum, script } of missing) {
    for (const statement of toStatements(fillScript(script, { ...values }))) {
      await warehouse.execute({ sql: statement });
    }
    await warehouse.insertRows("schema_migrations", [{ version, name, checksum }], `migration:${version}`);
  }
  await applyTableRules(warehouse, { retentionDays: values.retention_days, tableSettings: values.table_settings });
  return missing.map(({ version }) => version);
}

async function checkServer(warehouse: Warehouse): Promise<void> {
  const [row] = await warehouse.rows<{ version: string }>({ sql: "SELECT version() AS version" });
  const [major = 0, minor = 0] = (row?.version ?? "").split(".").map(Number);
  const [majorMin, minorMin] = SERVER_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
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
