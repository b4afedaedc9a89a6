import { ACCOUNT_KINDS, type AccountKind } from "../../schemas/event.ts";
import { maskText } from "../mask.ts";
import { type NamedUser, type Presence, toEmails } from "./presence.ts";
import { type BadFile, isBadFile, type LineProblem, parseRows, toBadFile, toHeading, toNamedRows } from "./rows.ts";

/** A person of the site. Lives in memory only, for as long as an import takes. */
export interface Contact {
  readonly sub: string;
  readonly acct: AccountKind;
  /** Empty for accounts without a Partner. */
  readonly ptn: string;
  readonly dept: string;
}

/** Why nobody was found for a row. */
export const UNMATCHED = {
  no_address: "without an e-mail address or a name that is in the contacts",
  not_in_contacts: "not in the contacts",
  several: "with a name that several contacts have",
} as const satisfies Record<string, string>;
/** One of the reasons. */
export type Unmatched = keyof typeof UNMATCHED;

/** Finds the site's people. */
export type FindContact = (who: Pick<Presence, "emails" | "names">) => Contact | Unmatched;

/** Columns of the contacts file. */
export const CONTACT_COLUMNS = ["email", "name", "user", "partner", "department", "acct"] as const;

/**
 * Reads the contacts file: which user of the site an e-mail address belongs to, or a name where there is none. An
 * address decides before a name; a name that several contacts have decides nothing. A user may have several lines.
 *
 * Nothing in what is wrong quotes an address or a name. Pure, never throws.
 */
export function parseContacts(bytes: Uint8Array): FindContact | BadFile {
  const rows = parseRows(bytes);
  if (isBadFile(rows)) return rows;
  const [heading, ...rest] = rows;
  const headings = (heading?.cells ?? []).map(toHeading).filter((name) => name !== "");
  const unknown = headings.filter((name) => !CONTACT_COLUMNS.some((column) => column === name));
  const isComplete = headings.includes("user") && (headings.includes("email") || headings.includes("name"));
  if (heading === undefined || unknown.length > 0 || !isComplete)
    return toBadFile(`the heading must have user, and email or name, of ${CONTACT_COLUMNS.join(",")}`, 1);
  const problems: LineProblem[] = [];
  const byEmail = new Map<string, { contact: Contact; line: number }>();
  const byName = new Map<string, Contact | "several">();
  for (const row of toNamedRows(heading.cells, rest)) {
    const { line } = row;
    const named = { sub: row.get("user"), acct: row.get("acct"), ptn: row.get("partner"), dept: row.get("department") };
    const contact = toContact(named);
    if (typeof contact === "string") {
      problems.push({ line, problem: contact });
      continue;
    }
    const [email] = toEmails(row.get("email"));
    const name = toNameKey(row.get("name"));
    if (email === undefined && name === "") problems.push({ line, problem: "email or name must be filled" });
    const known = email === undefined ? undefined : byEmail.get(email);
    if (known !== undefined && !isSame(known.contact, contact))
      problems.push({ line, problem: `email stands on line ${known.line} too, with another user` });
    if (email !== undefined) byEmail.set(email, { contact, line });
    const namesake = byName.get(name);
    if (name !== "") byName.set(name, namesake === undefined || isAlike(namesake, contact) ? contact : "several");
  }
  if (problems.length > 0) return { problems };
  return ({ emails, names }) => find(emails, names, byEmail, byName);
}

function find(
  emails: readonly string[],
  names: readonly string[],
  byEmail: ReadonlyMap<string, { readonly contact: Contact }>,
  byName: ReadonlyMap<string, Contact | "several">,
): Contact | Unmatched {
  for (const email of emails) {
    const found = byEmail.get(email);
    if (found !== undefined) return found.contact;
  }
  const found = names.map((name) => byName.get(toNameKey(name))).find((one) => one !== undefined);
  if (found !== undefined) return found;
  return emails.length > 0 ? "not_in_contacts" : "no_address";
}

/** A user as a list names it, checked; or what is wrong, without the user id. */
export function toContact({ sub, acct, ptn, dept }: NamedUser): Contact | string {
  if (sub === "") return "user must be filled";
  if (sub.length > 255) return "user must be at most 255 characters";
  const kind = acct === "" && ptn !== "" ? "partner" : ACCOUNT_KINDS.find((known) => known === acct.toLowerCase());
  if (kind === undefined)
    return acct === ""
      ? "partner must be filled, or acct say subscriber or public"
      : `acct "${maskText(acct, 20)}" must be one of ${ACCOUNT_KINDS.join(", ")}`;
  if ((kind === "partner") !== (ptn !== "")) return "partner must be filled for a partner account, and for no other";
  return { sub, acct: kind, ptn, dept };
}

/** Tells whether two contacts are the same person of the same Partner. */
function isSame(one: Contact, other: Contact): boolean {
  return one.sub === other.sub && one.acct === other.acct && one.ptn === other.ptn;
}

function isAlike(known: Contact | "several", contact: Contact): boolean {
  return known !== "several" && isSame(known, contact);
}

/** Names as they are compared: no case, single spaces; `Nowak, Jan` is `Jan Nowak`. */
export function toNameKey(name: string): string {
  const plain = name.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
  return plain.replace(/^([^,]+), ([^,]+)$/, "$2 $1");
}
