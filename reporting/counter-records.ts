import type { Month } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";
import type { RecordOfEngagement } from "../schemas/record.ts";
import { readRecord } from "./records.ts";
import { listRecordsPage } from "./records-page.ts";

/** Closed months of one Partner that are looked through. */
const CLOSED_MAX = 1_200;

/**
 * Months of a Partner of which there can be a report, newest first. A month that was closed before it was over is none:
 * its usage is not ready.
 *
 * Throws WarehouseUnavailable, WarehouseRefused.
 */
export async function readCounterMonths(warehouse: Warehouse, partner: string): Promise<readonly Month[]> {
  const listed = await listRecordsPage(warehouse, { partners: [partner], early: false, limit: CLOSED_MAX });
  return listed.map(({ month }) => month);
}

/**
 * What a report is made of: the records of the months that are asked for, and the first that there is, which says
 * since when there are any.
 *
 * @returns undefined if more than `monthsMax` months are closed in that time
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function readCounterRecords(
  warehouse: Warehouse,
  partner: string,
  { begin, end }: { readonly begin: Month; readonly end: Month },
  monthsMax: number,
): Promise<readonly RecordOfEngagement[] | undefined> {
  const months = await readCounterMonths(warehouse, partner);
  const wanted = months.filter((month) => month >= begin && month <= end);
  if (wanted.length > monthsMax) return undefined;
  const records: RecordOfEngagement[] = [];
  for (const month of new Set([...wanted, ...months.slice(-1)])) {
    const record = await readRecord(warehouse, month, partner);
    if (record !== undefined) records.push(record);
  }
  return records;
}
