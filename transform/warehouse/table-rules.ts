import type { Warehouse } from "../../schemas/ports.ts";
import { toOnCluster, toWholeTable } from "./cluster-script.ts";

/** Tables whose rows leave after the retention period, whichever way they are purged. */
const RETAINED = ["engagement", "behaviour", "feedback", "attendance", "drops"] as const;

const TTL = /\bTTL (?<from>.+?) \+ toIntervalDay\((?<days>\d+)\)/;

interface TableRow {
  readonly name: string;
  readonly query: string;
}

/**
 * Makes tables that were created under other settings follow those of now: the TTL of the retention period, and the
 * settings of every table. Without this a longer retention would be cut short by the old TTL.
 *
 * On a cluster every node is told: the settings of a table are each replica's own. Touches no row: what a shorter period makes too old is the purge's to remove.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function applyTableRules(
  warehouse: Warehouse,
  {
    retentionDays,
    tableSettings,
    cluster,
  }: { readonly retentionDays: number; readonly tableSettings: string; readonly cluster?: string | undefined },
): Promise<void> {
  const where = cluster === undefined ? "" : toOnCluster(cluster);
  const tables = await warehouse.rows<TableRow>({
    sql: `SELECT name, create_table_query AS query FROM system.tables
          WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
  });
  for (const { name, query } of tables) {
    if (planSettings(query, tableSettings)) {
      await warehouse.execute({ sql: `ALTER TABLE ${name}${where} MODIFY SETTING ${tableSettings}` });
    }
    const ttl = RETAINED.some((table) => table === toWholeTable(name)) ? planTtl(query, retentionDays) : undefined;
    if (ttl !== undefined) {
      await warehouse.execute({
        sql: `ALTER TABLE ${name}${where} MODIFY TTL ${ttl}`,
        settings: { materialize_ttl_after_modify: 0 },
      });
    }
  }
}

/** True if a setting of the list is not as the table has it. Pure. */
function planSettings(query: string, tableSettings: string): boolean {
  return tableSettings.split(", ").some((setting) => !`${query},`.includes(`${setting},`));
}

/** The TTL as it should be, or `undefined` if it is so already. Pure. */
function planTtl(query: string, retentionDays: number): string | undefined {
  const { from, days } = TTL.exec(query)?.groups ?? {};
  return from === undefined || Number(days) === retentionDays ? undefined : `${from} + toIntervalDay(${retentionDays})`;
}
