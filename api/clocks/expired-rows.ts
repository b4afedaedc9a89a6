import type { Warehouse } from "../../schemas/ports.ts";
import { type HeldScope, toPartitionName } from "./due.ts";

/** Tables whose rows leave after the retention period, by day partitions. */
export const RETAINED_TABLES = ["engagement", "behaviour", "feedback", "attendance", "drops"] as const;
/** One of {@link RETAINED_TABLES}. */
export type RetainedTable = (typeof RETAINED_TABLES)[number];

/** Those of them whose rows are about a person. */
const PERSON_TABLES: readonly RetainedTable[] = ["engagement", "behaviour", "feedback", "attendance"];

/** One UTC day of a table. */
export interface DayPartition {
  /** `20260228`. */
  readonly partition: string;
  readonly rows: number;
}

/**
 * The day partitions of a table up to a UTC day that have rows, oldest first.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readPartitions(
  warehouse: Warehouse,
  table: RetainedTable,
  lastDay: string,
): Promise<readonly DayPartition[]> {
  const rows = await warehouse.rows<{ partition: string; total: string }>({
    sql: `SELECT _partition_id AS partition, toString(count()) AS total FROM ${table}
          WHERE _partition_id <= {until:String} GROUP BY partition ORDER BY partition`,
    parameters: { until: toPartitionName(lastDay) },
  });
  return rows.map(({ partition, total }) => ({ partition, rows: Number(total) }));
}

/** Rows of a table that happened up to the end of a UTC day, counted by their time and not by where they lie. Throws as the warehouse does. */
export async function countUntil(warehouse: Warehouse, table: RetainedTable, lastDay: string): Promise<number> {
  const [row] = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM ${table} WHERE at < toDateTime({last:Date}, 'UTC') + INTERVAL 1 DAY`,
    parameters: { last: lastDay },
  });
  return Number(row?.total ?? 0);
}

/** The oldest UTC day that a table has rows of, `yyyy-mm-dd`. Reads no row: each part knows its borders. Throws as the warehouse does. */
export async function readOldestDay(warehouse: Warehouse): Promise<string | undefined> {
  const oldest = await Promise.all(
    RETAINED_TABLES.map((table) =>
      warehouse.rows<{ oldest: string }>({
        sql: `SELECT toString(toDate(min(at))) AS oldest FROM ${table} HAVING count() > 0`,
      }),
    ),
  );
  return oldest
    .flat()
    .map((row) => row.oldest)
    .toSorted()[0];
}

/**
 * Notes the last day of everyone whose rows leave: the two-year clock needs it. Repeating it changes nothing.
 * Throws as the warehouse does.
 */
export async function addLastDays(warehouse: Warehouse, table: RetainedTable, lastDay: string): Promise<void> {
  if (!PERSON_TABLES.includes(table)) return;
  await warehouse.execute({
    sql: `INSERT INTO people (partner, pseudonym, epoch, last_day)
          SELECT partner, pseudonym, epoch, toDate(max(at)) FROM ${table}
          WHERE _partition_id <= {until:String} AND pseudonym != toFixedString('', 16)
          GROUP BY partner, pseudonym, epoch`,
    parameters: { until: toPartitionName(lastDay) },
  });
}

/**
 * Copies what a hold covers to `held`, each row whole. Repeating it changes nothing: the copies are one.
 * Answers how many rows it covers. Throws as the warehouse does.
 */
export async function holdRows(
  warehouse: Warehouse,
  table: RetainedTable,
  lastDay: string,
  { all, partners }: HeldScope,
): Promise<number> {
  if (!PERSON_TABLES.includes(table) || (!all && partners.length === 0)) return 0;
  const where = `_partition_id <= {until:String} AND ({all:UInt8} = 1 OR partner IN {partners:Array(String)})`;
  const parameters = { until: toPartitionName(lastDay), all: all ? 1 : 0, partners };
  const [row] = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM ${table} WHERE ${where}`,
    parameters,
  });
  const total = Number(row?.total ?? 0);
  if (total === 0) return 0;
  await warehouse.execute({
    sql: `INSERT INTO held (source, partner, pseudonym, event_id, at, epoch, body)
          SELECT '${table}', partner, pseudonym, event_id, at, epoch,
            formatRowNoNewline('JSONEachRow', * EXCEPT (pseudonym, hexed), hexed AS pseudonym_hex)
          FROM (SELECT *, lower(hex(pseudonym)) AS hexed FROM ${table} WHERE ${where})`,
    parameters,
  });
  return total;
}

/** Drops one day of a table. Dropping it again changes nothing. Throws as the warehouse does. */
export async function dropPartition(warehouse: Warehouse, table: RetainedTable, partition: string): Promise<void> {
  await warehouse.execute({
    sql: `ALTER TABLE ${table} DROP PARTITION ID {partition:String}`,
    parameters: { partition },
  });
}

/**
 * Deletes held rows that no hold covers any more: their time was over when they were moved. Answers how many there
 * were. Throws as the warehouse does.
 */
export async function releaseRows(
  warehouse: Warehouse,
  { all, partners }: HeldScope,
  isDryRun: boolean,
): Promise<number> {
  if (all) return 0;
  const parameters = { partners };
  const [row] = await warehouse.rows<{ total: string }>({
    sql: "SELECT toString(count()) AS total FROM held WHERE partner NOT IN {partners:Array(String)}",
    parameters,
  });
  const total = Number(row?.total ?? 0);
  if (total > 0 && !isDryRun) {
    await warehouse.execute({
      sql: "ALTER TABLE held DELETE WHERE partner NOT IN {partners:Array(String)}",
      parameters,
      settings: { mutations_sync: 2 },
    });
  }
  return total;
}

/**
 * Deletes titles of pages and resources that nobody has been shown since a UTC day: an address may tell of somebody.
 * Closed records have their own copy of what they name. What a hold covers stays. Answers how many there were. Throws as
 * the warehouse does.
 */
export async function removeTitles(
  warehouse: Warehouse,
  lastDay: string,
  { all, partners }: HeldScope,
  isDryRun: boolean,
): Promise<number> {
  if (all) return 0;
  const where = "at < toDateTime({last:Date}, 'UTC') + INTERVAL 1 DAY AND partner NOT IN {partners:Array(String)}";
  const parameters = { last: lastDay, partners };
  const [row] = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM resources WHERE ${where}`,
    parameters,
  });
  const total = Number(row?.total ?? 0);
  if (total > 0 && !isDryRun) {
    const settings = { mutations_sync: 2 };
    await warehouse.execute({ sql: `ALTER TABLE resources DELETE WHERE ${where}`, parameters, settings });
  }
  return total;
}
