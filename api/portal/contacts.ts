import { z } from "zod";
import { toPlainText } from "../../reporting/words.ts";
import { writeAudit } from "../audit.ts";
import { CONTACT, type Contact, listContacts, toWho, writeContacts } from "../contacts.ts";
import { toChangeLetter, toMailTo } from "./letters.ts";
import { type Joining, type LinkParts, mailJoinLink, send } from "./links.ts";
import { type PortalOfficer, toOfficerActor } from "./officers.ts";

/** Who is named as another Link Officer; the same rule for addresses as the CRM's file and the API have. */
const NAMED = z.object({
  name: z.string().trim().min(1).max(200).transform(toPlainText),
  email: z.string().trim().pipe(CONTACT.shape.email),
});

/** What came of a change, as a word for the page. */
export type ContactOutcome = "invited" | "known" | "unreadable" | "not mailed" | "removed" | "last" | "unknown";

/** Whose contacts are changed, and by whom. */
export interface ContactScene {
  readonly partner: { readonly id: string; readonly name: string };
  readonly officer: PortalOfficer;
}

/**
 * Asks somebody to become a Link Officer: they are one once they agree by the link that is mailed to them, so that a
 * mistyped address gets no record.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function inviteContact(
  parts: LinkParts,
  { partner, officer }: ContactScene,
  given: { readonly name: string; readonly email: string },
): Promise<ContactOutcome> {
  const named = NAMED.safeParse(given);
  if (!named.success) return "unreadable";
  const { name, email } = named.data;
  const who = await toWho(parts.service.warehouse, email);
  const present = await listContacts(parts.service.warehouse, partner.id);
  if (present.some((contact) => contact.who === who)) return "known";
  const entry = { actor: toOfficerActor(officer.who), action: "contact.invite", subject: partner.id };
  await writeAudit(parts.service, { ...entry, detail: { contact: toOfficerActor(who) } });
  const by = toPlainText(officer.name) || officer.email;
  const isSent = await mailJoinLink(parts, { partner: partner.id, email, name, by }, partner.name);
  return isSent ? "invited" : "not mailed";
}

/**
 * Makes somebody who has agreed a Link Officer, and tells those of the Partner. False if the Partner is not on file any
 * more.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function addContact(parts: LinkParts, joining: Joining, who: string): Promise<boolean> {
  const { service } = parts;
  const { partner, email, name } = joining;
  const [row] = await service.warehouse.rows<{ name: string }>({
    sql: "SELECT name FROM partners FINAL WHERE id = {partner:String}",
    parameters: { partner },
  });
  if (row === undefined || !service.journal().partners.has(partner)) return false;
  await writeAudit(service, { actor: toOfficerActor(who), action: "contact.add", subject: partner });
  await writeContacts(service.warehouse, [{ partner, email, name, isGone: false }], service.clock.nowMs());
  const change = `${toPlainText(name)} (${email}) is now a Link Officer of ${toPlainText(row.name)}, named by ${toPlainText(joining.by)}.`;
  await tellAll(parts, { id: partner, name: row.name }, change);
  return true;
}

/**
 * Takes a Link Officer off, and tells those who stay and who was taken off. The last one stays: without any, nobody
 * would get the Partner's records.
 *
 * @param who of the contact
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function removeContact(
  parts: LinkParts,
  { partner, officer }: ContactScene,
  who: string,
): Promise<ContactOutcome> {
  const { service } = parts;
  const present = await listContacts(service.warehouse, partner.id);
  const found = present.filter((contact) => contact.who === who);
  const [first] = found;
  if (first === undefined) return "unknown";
  if (present.every((contact) => contact.who === who)) return "last";
  const entry = { actor: toOfficerActor(officer.who), action: "contact.remove", subject: partner.id };
  await writeAudit(service, { ...entry, detail: { contact: toOfficerActor(who) } });
  const gone = found.map(({ name, email }) => ({ partner: partner.id, name, email, isGone: true }));
  await writeContacts(service.warehouse, gone, service.clock.nowMs());
  const by = toPlainText(officer.name) || officer.email;
  const change = `${toPlainText(first.name) || first.email} is not a Link Officer of ${toPlainText(partner.name)} any more; ${by} has taken them off.`;
  await tellAll(parts, partner, change, [first]);
  return "removed";
}

/** Mails a change to every Link Officer of a Partner, and to others. A mail that is not taken holds up nothing. */
export async function tellAll(
  parts: LinkParts,
  partner: ContactScene["partner"],
  change: string,
  others: readonly Contact[] = [],
): Promise<void> {
  const { service, base } = parts;
  const contacts = [...(await listContacts(service.warehouse, partner.id)), ...others];
  const where = `${base.origin}/partners/${encodeURIComponent(partner.id)}/contacts`;
  for (const contact of contacts) {
    const head = { to: toMailTo(contact), organisation: service.settings.organisation };
    await send(parts, {
      ...toChangeLetter(head, { partner: partner.name, change, where }),
      atMs: service.clock.nowMs(),
    });
  }
}
