import { join } from "node:path";
import type { QueryParameter, Warehouse } from "../../schemas/ports.ts";
import type { HeldScope } from "../clocks/due.ts";
import type { BackupKey } from "./backup-key.ts";
import type { Clones } from "./clones.ts";
import type { BackupFile } from "./manifest.ts";
import { writeSealedFile } from "./sealed-file.ts";
import { BACKED_UP_TABLES, type BackedUpTable } from "./tables.ts";

/** Which rows with a year a backup may hold. */
export interface ExportScope {
  /** The first day, `20260228`. */
  readonly firstPartition: string;
  /** What a legal hold covers stays in whatever its day: it must not be lost, and no clock removes it. */
  readonly held: HeldScope;
}

/** One file to write. */
export interface Export {
  readonly table: BackedUpTable;
  /** Partition of a table in days; absent: the whole table. */
  readonly partition?: string;
}

/**
 * The files that a backup comes to: a table whole, or each of its days of which it may hold a row.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function planExports(
  warehouse: Warehouse,
  clones: Clones,
  scope: ExportScope,
): Promise<readonly Export[]> {
  const plans = await Promise.all(
    BACKED_UP_TABLES.map(async (table): Promise<readonly Export[]> => {
      if (table.files === "whole") return [{ table }];
      const { where, parameters } = toExported({ table }, scope);
      const rows = await warehouse.rows<{ partition: string }>({
        sql: `SELECT DISTINCT _partition_id AS partition FROM ${clones.toSource(table.name)} WHERE ${where} ORDER BY partition`,
        parameters,
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
  { clones, own, key }: { readonly clones: Clones; readonly own: string; readonly key: BackupKey },
  one: Export,
  scope: ExportScope,
): Promise<BackupFile | undefined> {
  const { table, partition } = one;
  const { where, parameters } = toExported(one, scope);
  const source = `${clones.toSource(table.name)} WHERE ${where}`;
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

/** The condition for the rows of a file that may be in a backup, with its parameters. Pure. */
export function toExported(
  { table, partition }: Export,
  { firstPartition, held }: ExportScope,
): { readonly where: string; readonly parameters: Readonly<Record<string, QueryParameter>> } {
  const ofDay = partition === undefined ? [] : ["_partition_id = {partition:String}"];
  const isYoung =
    table.files === "days" ? "_partition_id >= {first:String}" : "toYYYYMMDD(at) >= toUInt32({first:String})";
  const isHeld = "{all:UInt8} = 1 OR partner IN {partners:Array(String)}";
  const ofYear = table.isRetained ? [table.canBeHeld ? `(${isYoung} OR ${isHeld})` : isYoung] : [];
  return {
    where: [...ofDay, ...ofYear].join(" AND ") || "1",
    parameters: {
      ...(partition === undefined ? {} : { partition }),
      ...(table.isRetained ? { first: firstPartition } : {}),
      ...(table.canBeHeld ? { all: held.all ? 1 : 0, partners: held.partners } : {}),
    },
  };
}
