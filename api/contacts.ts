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

/** One Link Officer of a Partner, as on file. */
export interface ListedContact extends Contact {
  /** Stands for the address wherever it need not be known: 32 hex digits. */
  readonly who: string;
}

/** The Link Officers that a Partner is to have. */
export interface PartnerContacts {
  readonly partner: string;
  readonly officers: readonly Contact[];
}

/**
 * A column of contacts that stands for their address. Worked out by ClickHouse alone, so that one address has one hash
 * whatever its letters are.
 */
export const WHO = "substring(lower(hex(SHA256(lowerUTF8(email)))), 1, 32)";

/** Stands for an address, also one that is on no file yet. Throws WarehouseUnavailable, WarehouseRefused. */
export async function toWho(warehouse: Warehouse, email: string): Promise<string> {
  const [row] = await warehouse.rows<{ who: string }>({
    sql: `SELECT ${WHO} AS who FROM (SELECT {asked:String} AS email)`,
    parameters: { asked: email },
  });
  return row?.who ?? "";
}

/** The Link Officers of a Partner, by e-mail address. Throws as above. */
export function listContacts(warehouse: Warehouse, partner: string): Promise<readonly ListedContact[]> {
  return warehouse.rows<ListedContact>({
    sql: `SELECT ${WHO} AS who, name, email FROM contacts FINAL WHERE gone = 0 AND partner = {partner:String} ORDER BY email`,
    parameters: { partner },
  });
}

/**
 * Puts these Link Officers in place of those that the Partners have. Repeating it changes nothing.
 *
 * @param nowMs UTC
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function replaceContacts(
  warehouse: Warehouse,
  replaced: readonly PartnerContacts[],
  nowMs: EpochMs,
): Promise<void> {
  const present = await warehouse.rows<{ partner: string; email: string }>({
    sql: "SELECT partner, email FROM contacts FINAL WHERE gone = 0 AND partner IN {partners:Array(String)}",
    parameters: { partners: replaced.map(({ partner }) => partner) },
  });
  const named = new Map(
    replaced.map(({ partner, officers }) => [partner, new Set(officers.map(({ email }) => email))]),
  );
  const gone = present.filter(({ partner, email }) => named.get(partner)?.has(email) !== true);
  await writeContacts(
    warehouse,
    [
      ...gone.map(({ partner, email }) => ({ partner, email, name: "", isGone: true })),
      ...replaced.flatMap(({ partner, officers }) => officers.map((one) => ({ ...one, partner, isGone: false }))),
    ],
    nowMs,
  );
}

/** Adds Link Officers, or takes some off; the rest stay as they are. Repeating it changes nothing. Throws as above. */
export async function writeContacts(
  warehouse: Warehouse,
  changes: readonly (Contact & { readonly partner: string; readonly isGone: boolean })[],
  nowMs: EpochMs,
): Promise<void> {
  if (changes.length === 0) return;
  // A later row replaces an earlier one: also where two changes fall into one millisecond, or clocks differ.
  const written = await warehouse.rows<{ partner: string; last: string }>({
    sql: `SELECT partner, toString(toUnixTimestamp64Milli(max(updated_at))) AS last FROM contacts
          WHERE partner IN {partners:Array(String)} GROUP BY partner`,
    parameters: { partners: [...new Set(changes.map(({ partner }) => partner))] },
  });
  const last = new Map(written.map((row) => [row.partner, Number(row.last)]));
  const rows = changes.map(({ partner, name, email, isGone }) => {
    const updatedMs = Math.max(nowMs, (last.get(partner) ?? 0) + 1) as EpochMs; // a millisecond after another one
    return { partner, email, name: isGone ? "" : name, gone: isGone ? 1 : 0, updated_at: toStoreTime(updatedMs) };
  });
  await warehouse.insertRows("contacts", rows);
}
