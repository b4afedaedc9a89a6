import type { Clock, Warehouse } from "../../schemas/ports.ts";
import { toUtcDay } from "./due.ts";

/**
 * Tells whether the journal is to begin anew tonight: once a month, and in the night in which somebody was forgotten, so
 * that what is forgotten leaves the disk.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function isCarryOverDue({
  warehouse,
  clock,
}: {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
}): Promise<boolean> {
  const [row] = await warehouse.rows<{ carried: string; forgotten: string }>({
    sql: `SELECT
            toString(toUnixTimestamp64Milli(maxIf(started_at, kind = 'nightly' AND subject = 'carry over' AND outcome = 'done'
              AND JSONExtractBool(detail, 'carried')))) AS carried,
            toString(toUnixTimestamp64Milli(maxIf(ended_at, kind IN ('forget', 'departure') AND outcome = 'done'
              AND JSONExtractUInt(detail, 'forgotten') > 0))) AS forgotten
          FROM runs WHERE kind IN ('nightly', 'forget', 'departure')`,
  });
  const carriedMs = Number(row?.carried ?? 0);
  if (Number(row?.forgotten ?? 0) >= carriedMs && Number(row?.forgotten ?? 0) > 0) return true;
  return toUtcDay(carriedMs).slice(0, 7) !== toUtcDay(clock.nowMs()).slice(0, 7);
}
