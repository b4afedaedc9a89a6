import type { EpochMs } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { dropTable, requireWhole, toMemoryTableName } from "./person-set.ts";

/** What refers to an address (`is_page` 1) or to a resource: a statement a table, so that no two purposes are read together. */
const SHOWN: readonly string[] = [
  "SELECT DISTINCT partner, 1, path FROM engagement WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 0, resource FROM engagement WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 1, path FROM behaviour WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 1, path FROM feedback WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 0, resource FROM feedback WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 1, JSONExtractString(body, 'path') FROM held WHERE partner IN {partners:Array(String)}",
  "SELECT DISTINCT partner, 0, JSONExtractString(body, 'resource') FROM held WHERE partner IN {partners:Array(String)}",
];

/**
 * Deletes the addresses and titles of these Partners' pages and resources that no row of anybody refers to any more: one
 * that only an erased person has opened can tell of them. Done when every replica has done it; the old parts leave the
 * disk some ten seconds later.
 *
 * What is stored meanwhile stays: the titles are read first, then who refers to them, and a row of the store comes before
 * its title. As in `removePersonRows`, what is deleted is named by a table in memory.
 *
 * @param partners Partner ids; `""`: subscriber and public accounts
 * @returns how many were deleted
 * @throws WarehouseUnavailable, WarehouseRefused; then nothing is left behind but the titles, and giving it again deletes them
 */
export async function removeOrphanTitles(
  warehouse: Warehouse,
  partners: readonly string[],
  nowMs: EpochMs,
): Promise<number> {
  const [titles, shown] = [toMemoryTableName(nowMs), toMemoryTableName(nowMs)];
  const parameters = { titles, shown, partners };
  try {
    await warehouse.execute({
      sql: `CREATE TABLE {titles:Identifier} ENGINE = Memory AS
        SELECT partner, kind, id, at FROM resources WHERE partner IN {partners:Array(String)}`,
      parameters,
    });
    const read = await countRows(warehouse, titles);
    await warehouse.execute({
      sql: "CREATE TABLE {shown:Identifier} (partner String, is_page UInt8, id String) ENGINE = Memory",
      parameters,
    });
    for (const select of SHOWN)
      await warehouse.execute({ sql: `INSERT INTO {shown:Identifier} ${select}`, parameters });
    const orphans = `FROM {titles:Identifier}
      WHERE (partner, toUInt8(kind = 'page'), id) NOT IN (SELECT partner, is_page, id FROM {shown:Identifier})`;
    const [row] = await warehouse.rows<{ c: string }>({
      sql: `SELECT uniqExact(partner, kind, id) AS c ${orphans}`,
      parameters,
    });
    const count = Number(row?.c ?? 0);
    if (count > 0) {
      await warehouse.execute({
        sql: `ALTER TABLE resources DELETE WHERE (partner, kind, id, at) IN (SELECT partner, kind, id, at ${orphans})`,
        parameters,
        settings: { mutations_sync: 2 },
      });
    }
    await requireWhole(warehouse, titles, read);
    return count;
  } finally {
    await dropTable(warehouse, titles);
    await dropTable(warehouse, shown);
  }
}

async function countRows(warehouse: Warehouse, table: string): Promise<number> {
  const [row] = await warehouse.rows<{ c: string }>({
    sql: "SELECT count() AS c FROM {table:Identifier}",
    parameters: { table },
  });
  return Number(row?.c ?? 0);
}
