import type { Month } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { listIssuedRecords, readRecord } from "./records.ts";

/** Most months that one report is made of: two and a half years, more than anyone compares. */
export const COUNTER_MONTHS_MAX = 30;

/**
 * Months of a Partner of which there can be a report, newest first. A month that was closed before it was over is none:
 * its usage is not ready.
 *
 * Throws WarehouseUnavailable, WarehouseRefused.
 */
export async function readCounterMonths(warehouse: Warehouse, partner: string): Promise<readonly Month[]> {
  return (await listIssuedRecords(warehouse, partner)).map(({ month }) => month);
}

/**
 * What a report is made of: the records of the months that are asked for, newest first, and the first that there is,
 * which says since when there are any.
 *
 * @returns undefined if more than {@link COUNTER_MONTHS_MAX} months are closed in that time
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readCounterRecords(
  warehouse: Warehouse,
  partner: string,
  { begin, end }: { readonly begin: Month; readonly end: Month },
): Promise<readonly RecordOfEngagement[] | undefined> {
  const months = await readCounterMonths(warehouse, partner);
  const wanted = months.filter((month) => month >= begin && month <= end);
  if (wanted.length > COUNTER_MONTHS_MAX) return undefined;
  const records: RecordOfEngagement[] = [];
  for (const month of new Set([...wanted, ...months.slice(-1)])) {
    const record = await readRecord(warehouse, month, partner);
    if (record !== undefined) records.push(record);
  }
  return records;
}
