import { z } from "zod";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Statement, Warehouse } from "../../schemas/ports.ts";

/** One Partner of a Link Officer. */
export interface OfficersPartner {
  readonly id: string;
  readonly name: string;
}

/** A Link Officer: one e-mail address, at one Partner or several. */
export interface PortalOfficer {
  /** Stands for the address wherever it need not be known: 32 hex digits. */
  readonly who: string;
  readonly name: string;
  readonly email: string;
  /** By name; never empty. */
  readonly partners: readonly OfficersPartner[];
}

/** One Link Officer of a Partner, as the Partner's others see them. */
export interface Contact {
  readonly who: string;
  readonly name: string;
  readonly email: string;
}

// Worked out by ClickHouse alone, so that one address has one hash whatever its letters are.
const WHO = "substring(lower(hex(SHA256(lowerUTF8(email)))), 1, 32)";

const ROW = z.object({ who: z.string(), email: z.string(), name: z.string(), partner: z.string(), title: z.string() });

/** The name of an officer in the audit trail and the log: it says that it is the same, not who. */
export function toOfficerActor(who: string): string {
  return `officer ${who.slice(0, 12)}`;
}

/** The officer of an address as it was typed; undefined if it is nobody's. Throws WarehouseUnavailable, WarehouseRefused. */
export function findOfficerByEmail(warehouse: Warehouse, email: string): Promise<PortalOfficer | undefined> {
  return findOfficer(warehouse, "lowerUTF8(email) = lowerUTF8({asked:String})", email.trim());
}

/** The officer that a session is of; undefined once they are gone from every Partner. Throws as above. */
export function findOfficerByWho(warehouse: Warehouse, who: string): Promise<PortalOfficer | undefined> {
  return findOfficer(warehouse, `${WHO} = {asked:String}`, who);
}

async function findOfficer(warehouse: Warehouse, where: string, asked: string): Promise<PortalOfficer | undefined> {
  const found = z.array(ROW).parse(
    await warehouse.rows({
      sql: `SELECT ${WHO} AS who, email, name, partner, title FROM (SELECT email, name, partner FROM contacts FINAL WHERE gone = 0) AS contact
            INNER JOIN (SELECT id, name AS title FROM partners FINAL) AS one ON one.id = contact.partner
            WHERE ${where} ORDER BY title, partner`,
      parameters: { asked },
    }),
  );
  const [first] = found;
  if (first === undefined) return undefined;
  const { who, email, name } = first;
  return { who, email, name, partners: found.map(({ partner, title }) => ({ id: partner, name: title })) };
}

/** Stands for an address, also one that is on no file yet. Throws as above. */
export async function toWho(warehouse: Warehouse, email: string): Promise<string> {
  const [row] = await warehouse.rows<{ who: string }>({
    sql: `SELECT ${WHO} AS who FROM (SELECT {asked:String} AS email)`,
    parameters: { asked: email },
  });
  return row?.who ?? "";
}

/** The Link Officers of a Partner, by name. Throws as above. */
export async function listContacts(warehouse: Warehouse, partner: string): Promise<readonly Contact[]> {
  const statement: Statement = {
    sql: `SELECT ${WHO} AS who, name, email FROM contacts FINAL WHERE gone = 0 AND partner = {partner:String} ORDER BY name, email`,
    parameters: { partner },
  };
  return warehouse.rows<Contact>(statement);
}

/** Adds a Link Officer, or takes one off; the rest stay as they are. Repeating it changes nothing. Throws as above. */
export async function writeContact(
  warehouse: Warehouse,
  { partner, name, email, isGone }: Omit<Contact, "who"> & { readonly partner: string; readonly isGone: boolean },
  nowMs: EpochMs,
): Promise<void> {
  // A later row replaces an earlier one, also where two changes fall into one millisecond.
  const [last] = await warehouse.rows<{ ms: string }>({
    sql: "SELECT toString(toUnixTimestamp64Milli(max(updated_at))) AS ms FROM contacts WHERE partner = {partner:String} AND email = {email:String}",
    parameters: { partner, email },
  });
  const updatedMs = Math.max(nowMs, Number(last?.ms ?? 0) + 1) as EpochMs; // a millisecond after another one
  const row = { partner, email, name: isGone ? "" : name, gone: isGone ? 1 : 0, updated_at: toStoreTime(updatedMs) };
  await warehouse.insertRows("contacts", [row]);
}
