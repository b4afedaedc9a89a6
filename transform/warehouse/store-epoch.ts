import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";

/** Which life of the store this is. */
export interface StoreEpoch {
  /** From 1; each restore begins the next. It stands in every token of an insert. */
  readonly epoch: number;
  /** The id of the backup that is being put back, or `--journal`; absent once the restore is whole. */
  readonly restoring?: string;
}

const RESTORING = "restoring ";

/** Reads which life of the store this is. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readStoreEpoch(warehouse: Warehouse): Promise<StoreEpoch> {
  const [row] = await warehouse.rows<{ epoch: number; reason: string }>({
    sql: "SELECT epoch, reason FROM store_epochs FINAL ORDER BY epoch DESC LIMIT 1",
  });
  if (row === undefined) return { epoch: 1 };
  const restoring = row.reason.startsWith(RESTORING) ? { restoring: row.reason.slice(RESTORING.length) } : {};
  return { epoch: row.epoch, ...restoring };
}

/**
 * Notes in the store itself that something is being put back, before anything is changed: the note in a data folder may be
 * lost with it. Until {@link endRestoring} nothing may serve or store; no life begins yet.
 *
 * @param what id of the backup, or `--journal`, as the command line has it
 * @returns the epoch, as before
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function noteRestoring(warehouse: Warehouse, what: string, nowMs: EpochMs): Promise<number> {
  const { epoch } = await readStoreEpoch(warehouse);
  await writeEpoch(warehouse, epoch, `${RESTORING}${what}`, nowMs);
  return epoch;
}

/**
 * Begins the next life of the store: no insert from now on is taken for a repeat of one from before. Until
 * {@link endRestoring} nothing may be stored.
 *
 * @param backup id of the backup that is put back
 * @returns the new epoch
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function beginRestoring(warehouse: Warehouse, backup: string, nowMs: EpochMs): Promise<number> {
  const epoch = (await readStoreEpoch(warehouse)).epoch + 1;
  await writeEpoch(warehouse, epoch, `${RESTORING}${backup}`, nowMs);
  return epoch;
}

/** The restore is whole: events may be stored again. Throws WarehouseUnavailable, WarehouseRefused. */
export function endRestoring(warehouse: Warehouse, epoch: number, backup: string, nowMs: EpochMs): Promise<void> {
  return writeEpoch(warehouse, epoch, `restored ${backup}`, nowMs);
}

/**
 * The epoch that inserts carry now.
 *
 * @throws Error while a restore is not whole: what is stored then would be lost or stand twice
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function requireStoreEpoch(warehouse: Warehouse): Promise<number> {
  const { epoch, restoring } = await readStoreEpoch(warehouse);
  if (restoring === undefined) return epoch;
  throw new Error(
    `Cannot store events: a restore was begun and is not whole. Finish it: roebuck restore ${restoring} --yes`,
  );
}

async function writeEpoch(warehouse: Warehouse, epoch: number, reason: string, nowMs: EpochMs): Promise<void> {
  await warehouse.insertRows("store_epochs", [{ epoch, began_at: toStoreTime(nowMs), reason }]);
}
