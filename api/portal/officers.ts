import { z } from "zod";
import type { Warehouse } from "../../schemas/ports.ts";
import { WHO } from "../contacts.ts";

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
