import type { EpochMs } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import {
  countSetRows,
  dropTable,
  PERSON_TABLE_NAMES,
  type PersonSet,
  type PersonTable,
  toMemoryTableName,
  toScopedRows,
  toSetParameters,
} from "./person-set.ts";

/** What tells one row of a table from another. */
const ROW_KEYS: Readonly<Record<PersonTable, string>> = {
  engagement: "partner, pseudonym, event_id, at",
  behaviour: "partner, pseudonym, event_id, at",
  feedback: "partner, pseudonym, event_id, at",
  attendance: "partner, pseudonym, event_id, at",
  held: "partner, pseudonym, event_id, at",
  people: "partner, pseudonym, epoch, last_day",
};

/** Rows by table. */
export type RowCounts = Readonly<Record<PersonTable, number>>;

/** How many rows of a set's people each table has. Throws WarehouseUnavailable, also if the engine has forgotten the set; WarehouseRefused. */
export async function countPersonRows(warehouse: Warehouse, set: PersonSet): Promise<RowCounts> {
  const counts = new Map<PersonTable, number>();
  for (const table of PERSON_TABLE_NAMES) counts.set(table, await countSetRows(warehouse, table, set));
  if (set.size > 0) await set.requireWhole();
  // One entry for each name of the list.
  return Object.fromEntries(counts) as Record<PersonTable, number>;
}

/** The sum over the tables. */
export function toRowTotal(counts: RowCounts): number {
  return PERSON_TABLE_NAMES.reduce((sum, table) => sum + counts[table], 0);
}

/**
 * Deletes the rows of a set's people, for its purposes, from every table that has any; done when every replica has done it. The old parts
 * leave the disk some ten seconds later.
 *
 * What is deleted is named by a table in memory, so that the file of the mutation holds no pseudonym.
 *
 * @param counts as {@link countPersonRows} counted: tables without rows are left alone
 * @throws WarehouseUnavailable, also if the engine ended meanwhile and has forgotten whose; WarehouseRefused
 */
export async function removePersonRows(
  warehouse: Warehouse,
  set: PersonSet,
  counts: RowCounts,
  nowMs: EpochMs,
): Promise<void> {
  for (const table of PERSON_TABLE_NAMES) {
    if (counts[table] > 0) await removeFrom(warehouse, table, set, nowMs);
  }
  await set.requireWhole();
}

async function removeFrom(warehouse: Warehouse, table: PersonTable, set: PersonSet, nowMs: EpochMs): Promise<void> {
  const doomed = toMemoryTableName(nowMs);
  const columns = ROW_KEYS[table];
  const selected = columns
    .split(", ")
    .map((column) => `source.${column} AS ${column}`)
    .join(", ");
  try {
    await warehouse.execute({
      sql: `CREATE TABLE {doomed:Identifier} ENGINE = Memory AS SELECT ${selected} ${toScopedRows(table, set)}`,
      parameters: { doomed, ...toSetParameters(set) },
    });
    await warehouse.execute({
      sql: `ALTER TABLE ${table} DELETE WHERE (${columns}) IN (SELECT ${columns} FROM {doomed:Identifier})`,
      parameters: { doomed },
      settings: { mutations_sync: 2 },
    });
  } finally {
    await dropTable(warehouse, doomed);
  }
}
