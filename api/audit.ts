import { toStoreTime } from "../schemas/ids.ts";
import type { Clock, Warehouse } from "../schemas/ports.ts";

/** What somebody did to personal data, or tried to: never the data, never who the person is. */
export interface AuditEntry {
  /** Who: the operator's account name, the id of an API key, or `roebuck` for what runs by itself. */
  readonly actor: string;
  /** What, as `subject.erase`, `keys.destroy`, `purge`. */
  readonly action: string;
  /** What it was about: a request's id, a Partner's id, a month, as they are on file; no person. */
  readonly subject?: string;
  /** Counts and outcomes. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * In place of a word that is on no file: an operator may have typed anything there, also who the person is.
 */
export const UNKNOWN_SUBJECT = "unknown";

/**
 * Appends to the audit trail. Nothing ever changes or removes a row of it.
 *
 * @throws WarehouseUnavailable, WarehouseRefused: what cannot be noted must not be done
 */
export async function writeAudit(
  { warehouse, clock }: { readonly warehouse: Warehouse; readonly clock: Clock },
  { actor, action, subject = "", detail = {} }: AuditEntry,
): Promise<void> {
  const at = toStoreTime(clock.nowMs());
  await warehouse.insertRows("audit", [{ at, actor, action, subject, detail: JSON.stringify(detail) }]);
}
