import { join } from "node:path";
import type { Warehouse } from "../../schemas/ports.ts";
import type { BackupKey } from "./backup-key.ts";
import type { Clones } from "./clones.ts";
import type { BackupFile } from "./manifest.ts";
import { writeSealedFile } from "./sealed-file.ts";
import { BACKED_UP_TABLES, type BackedUpTable } from "./tables.ts";

/** One file to write. */
export interface Export {
  readonly table: BackedUpTable;
  /** Partition of a table in days; absent: the whole table. */
  readonly partition?: string;
}

/**
 * The files that a backup comes to: a table whole, or each of its days from the first that may be in it.
 *
 * @param firstPartition `20260228`
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function planExports(
  warehouse: Warehouse,
  clones: Clones,
  firstPartition: string,
): Promise<readonly Export[]> {
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

/**
 * Writes one file of a backup below its own folder; `undefined`, and none, if there is no row.
 *
 * @throws WarehouseUnavailable, WarehouseRefused; whatever the disk throws
 */
export async function exportFile(
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
