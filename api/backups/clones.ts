import type { Warehouse } from "../../schemas/ports.ts";
import { BACKED_UP_TABLES } from "./tables.ts";

const PREFIX = "backup_clone_";

/** Tables as they stood at one moment. Disposing removes them. */
export interface Clones extends AsyncDisposable {
  /** Where the rows of a table stand. */
  toSource(table: string): string;
}

/**
 * Takes clones of all tables that a backup holds: instant, without copying, because their files are links. On a
 * cluster there are none: the tables are read as they are.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function openClones(warehouse: Warehouse, isCluster: boolean): Promise<Clones> {
  if (isCluster) return { toSource: (table) => table, [Symbol.asyncDispose]: async () => undefined };
  await dropClones(warehouse);
  try {
    for (const { name } of BACKED_UP_TABLES) {
      await warehouse.execute({ sql: `CREATE TABLE ${PREFIX}${name} CLONE AS ${name}` });
    }
  } catch (error) {
    await dropClones(warehouse).catch(() => undefined); // the next backup, or the next start, drops them
    throw error;
  }
  return { toSource: (table) => `${PREFIX}${table}`, [Symbol.asyncDispose]: () => dropClones(warehouse) };
}

/** Removes clones that a backup left which was killed. Throws WarehouseUnavailable, WarehouseRefused. */
export async function dropClones(warehouse: Warehouse): Promise<void> {
  const rows = await warehouse.rows<{ name: string }>({
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})",
    parameters: { prefix: PREFIX },
  });
  for (const { name } of rows) {
    await warehouse.execute({ sql: "DROP TABLE IF EXISTS {name:Identifier} SYNC", parameters: { name } });
  }
}
