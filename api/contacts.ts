import { z } from "zod";
import { type EpochMs, toStoreTime } from "../schemas/ids.ts";
import type { Warehouse } from "../schemas/ports.ts";

/** A Link Officer: who gets a Partner's records. */
export const CONTACT = z.strictObject({
  name: z.string().trim().max(200),
  email: z.string().regex(/^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>"]{2,}$/, { error: "must be an e-mail address" }),
});
/** As {@link CONTACT}. */
export type Contact = z.infer<typeof CONTACT>;

/** The Link Officers of a Partner, by e-mail address. Throws WarehouseUnavailable, WarehouseRefused. */
export function listContacts(warehouse: Warehouse, partner: string): Promise<readonly Contact[]> {
  return warehouse.rows<Contact>({
    sql: "SELECT name, email FROM contacts FINAL WHERE gone = 0 AND partner = {partner:String} ORDER BY email",
    parameters: { partner },
  });
}

/**
 * Puts these Link Officers in place of those that a Partner has. Repeating it changes nothing.
 *
 * @param nowMs UTC
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function replaceContacts(
  warehouse: Warehouse,
  partner: string,
  officers: readonly Contact[],
  nowMs: EpochMs,
): Promise<void> {
  const updated_at = toStoreTime(nowMs);
  const named = new Set(officers.map(({ email }) => email));
  const gone = (await listContacts(warehouse, partner)).filter(({ email }) => !named.has(email));
  const rows = [
    ...gone.map(({ email }) => ({ partner, email, name: "", gone: 1, updated_at })),
    ...officers.map(({ name, email }) => ({ partner, email, name, gone: 0, updated_at })),
  ];
  if (rows.length > 0) await warehouse.insertRows("contacts", rows);
}
