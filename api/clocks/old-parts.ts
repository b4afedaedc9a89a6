import { setTimeout as wait } from "node:timers/promises";
import type { Warehouse } from "../../schemas/ports.ts";

/** Longest wait for the disk, ms: parts go some ten seconds after they were dropped, unless a long query reads them. */
const WAIT_MS_MAX = 120_000;
const POLL_MS = 250;

/** A part that is replaced or dropped, and still on the disk. */
type PartRow = { readonly part: string };

/**
 * Waits until every part of these tables that is replaced or dropped now has left this node's disk: "deleted" means
 * that nobody can read the bytes. Answers how many are left after two minutes, or when `signal` aborts; 0 as a rule.
 *
 * A backup that is being made holds the parts it copies; they are waited for, too.
 * Parts that are replaced meanwhile, by the merges of a busy store, are not waited for.
 *
 * @param tables as everyone calls them; on a cluster their local tables are meant
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function untilOldPartsGone(
  warehouse: Warehouse,
  tables: readonly string[],
  { waitMsMax = WAIT_MS_MAX, signal }: { readonly waitMsMax?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const left = new Set(await readOldParts(warehouse, tables));
  for (let waited = 0; left.size > 0 && waited < waitMsMax && signal?.aborted !== true; waited += POLL_MS) {
    await wait(POLL_MS);
    const now = new Set(await readOldParts(warehouse, tables));
    for (const part of left) if (!now.has(part)) left.delete(part);
  }
  return left.size;
}

async function readOldParts(warehouse: Warehouse, tables: readonly string[]): Promise<readonly string[]> {
  const rows = await warehouse.rows<PartRow>({
    sql: `SELECT concat(table, '/', name) AS part FROM system.parts
          WHERE database = currentDatabase()
            AND ((active = 0 AND replaceRegexpOne(table, '_local$', '') IN {tables:Array(String)})
              OR (startsWith(table, 'backup_clone_') AND replaceOne(table, 'backup_clone_', '') IN {tables:Array(String)}))`,
    parameters: { tables },
  });
  return rows.map(({ part }) => part);
}
