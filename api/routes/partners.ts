import { z } from "zod";
import type { Refusal } from "../../ingest/problem.ts";
import { writeAudit } from "../audit.ts";
import { importPartners } from "../commands/partners-import.ts";
import { CONTACT, type Contact, listContacts, replaceContacts } from "../contacts.ts";
import { PARTNER_HEADINGS, parsePartners } from "../partners.ts";
import { CURSOR_REFUSED, cutPage, PAGE_QUERY, parseCursor, toPageShape } from "./page.ts";
import { type ApiRoute, type Call, toAnswers, toRoute } from "./route.ts";

/** Most lines that a refused file is told of. */
const PROBLEMS_MAX = 20;
/** Most Link Officers of one Partner. */
const OFFICERS_MAX = 50;

const PARTNER = z.object({
  id: z.string(),
  name: z.string(),
  group: z.string().describe("Peer group; empty: none."),
  seats: z.number().int().nullable(),
  fee: z.string().nullable().describe("Of the contract, as decimal text."),
  currency: z.string(),
  contract_start: z.iso.date().nullable(),
  contract_end: z.iso.date().nullable().describe("Both days belong to the contract."),
  zone: z.string().describe("IANA zone whose midnights are the borders of months."),
  state: z.enum(["here", "left", "to come"]).describe("How the contract stands now."),
});
type PartnerRow = Omit<z.infer<typeof PARTNER>, "state">;

const COLUMNS = `id, name, peer_group AS group, seats, toString(fee) AS fee, currency,
  toString(source.contract_start) AS contract_start, toString(source.contract_end) AS contract_end, zone`;

/** Partner ids that a caller reaches, where it does not reach everyone. */
export function toReached({
  service,
  caller,
}: Pick<Call<unknown>, "service" | "caller">): readonly string[] | undefined {
  return caller.isLimited ? [...service.journal().partners.keys()].filter((id) => caller.reaches(id)) : undefined;
}

/** Refuses a Partner that the caller does not reach, or that is not on file, in the same words: nobody can ask which Partners there are. */
export function refuseUnknown(
  { service, caller }: Pick<Call<unknown>, "service" | "caller">,
  partner: string,
): Refusal | undefined {
  return caller.reaches(partner) && service.journal().partners.has(partner) ? undefined : { refused: "not_found" };
}

function toShown({ service }: Pick<Call<unknown>, "service">, row: PartnerRow): z.infer<typeof PARTNER> {
  const terms = service.journal().partners.get(row.id);
  const nowMs = service.clock.nowMs();
  const isLeft = terms?.leftMs !== undefined && terms.leftMs <= nowMs;
  const state = isLeft ? "left" : (terms?.joinedMs ?? 0) > nowMs ? "to come" : "here";
  return { ...row, state };
}

const list = toRoute(
  {
    method: "GET",
    path: "/v1/partners",
    action: "partners.read",
    summary: "Partners that the key reaches, by id",
    query: PAGE_QUERY,
    answers: toAnswers("A page of Partners.", toPageShape("partners", PARTNER)),
    isTagged: true,
  },
  async (call) => {
    const { limit, cursor } = call.query;
    const [after] = cursor === undefined ? [""] : (parseCursor(cursor, z.tuple([z.string()])) ?? []);
    if (after === undefined) return CURSOR_REFUSED;
    const reached = toReached(call);
    const rows = await call.service.warehouse.rows<PartnerRow>({
      sql: `SELECT ${COLUMNS} FROM partners AS source FINAL
            WHERE id > {after:String} AND ({all:UInt8} OR id IN {reached:Array(String)})
            ORDER BY id LIMIT {limit:UInt32}`,
      parameters: { after, all: reached === undefined ? 1 : 0, reached: reached ?? [], limit: limit + 1 },
    });
    const { items, next } = cutPage(rows, limit, ({ id }) => [id]);
    return { partners: items.map((row) => toShown(call, row)), next };
  },
);

const one = toRoute(
  {
    method: "GET",
    path: "/v1/partners/:partner",
    action: "partners.read",
    summary: "One Partner",
    answers: toAnswers("The Partner.", PARTNER),
    refuses: ["not_found"],
    isTagged: true,
  },
  async (call) => {
    const partner = call.param("partner");
    const refused = refuseUnknown(call, partner);
    if (refused !== undefined) return refused;
    const [row] = await call.service.warehouse.rows<PartnerRow>({
      sql: `SELECT ${COLUMNS} FROM partners AS source FINAL WHERE id = {partner:String}`,
      parameters: { partner },
    });
    return row === undefined ? { refused: "not_found" } : toShown(call, row);
  },
);

const importing = toRoute(
  {
    method: "POST",
    path: "/v1/partners/import",
    action: "partners.write",
    summary: "Import Partners and their Link Officers from a CSV file of the CRM",
    prose: `The body is the file: UTF-8, with the heading ${PARTNER_HEADINGS.join(",")}. It is taken whole or not at all; the same file again changes nothing. What \`roebuck partners import\` says of lines holds here.`,
    body: z.string(),
    takesCsv: true,
    answers: toAnswers(
      "It is imported.",
      z.object({ read: z.number().int(), changed: z.number().int().describe("New, or with other terms.") }),
    ),
    refuses: ["partner_forbidden"],
  },
  async ({ service, caller, body }) => {
    const outcome = parsePartners(Buffer.from(body), service.settings.defaultZone);
    if ("problems" in outcome) {
      const told = outcome.problems.slice(0, PROBLEMS_MAX).map(({ line, rule }) => `line ${line}: ${rule}`);
      return { refused: "body_invalid", detail: `${outcome.problems.length} bad lines; ${told.join("; ")}.` };
    }
    if (!outcome.partners.every(({ id }) => caller.reaches(id))) return { refused: "partner_forbidden" };
    const read = outcome.partners.length;
    await writeAudit(service, { actor: caller.id, action: "partners.import", detail: { partners: read } });
    return { read, changed: await importPartners(service, outcome.partners) };
  },
);

const CONTACTS = z.object({ contacts: z.array(z.object(CONTACT.shape)) });
const PATH = "/v1/partners/:partner/contacts";

const contacts = toRoute(
  {
    method: "GET",
    path: PATH,
    action: "contacts.read",
    summary: "The Link Officers of a Partner",
    answers: toAnswers("The Link Officers, by e-mail address.", CONTACTS),
    refuses: ["not_found"],
  },
  async (call) => {
    const partner = call.param("partner");
    return refuseUnknown(call, partner) ?? toAnswer(await listContacts(call.service.warehouse, partner));
  },
);

function toAnswer(contacts: readonly Contact[]): z.infer<typeof CONTACTS> {
  return { contacts: contacts.map(({ name, email }) => ({ name, email })) };
}

const officers = z
  .array(CONTACT)
  .max(OFFICERS_MAX)
  .refine((all) => new Set(all.map(({ email }) => email)).size === all.length, {
    error: "must name each e-mail address once",
  });
const handOver = toRoute(
  {
    method: "PUT",
    path: PATH,
    action: "contacts.write",
    summary: "Put these Link Officers in place of those that a Partner has",
    body: z.strictObject({ contacts: officers }),
    answers: toAnswers("The Link Officers from now on.", CONTACTS),
    refuses: ["not_found"],
  },
  async (call) => {
    const { service, caller, body } = call;
    const partner = call.param("partner");
    const refused = refuseUnknown(call, partner);
    if (refused !== undefined) return refused;
    const detail = { officers: body.contacts.length };
    await writeAudit(service, { actor: caller.id, action: "contacts.write", subject: partner, detail });
    await replaceContacts(service.warehouse, [{ partner, officers: body.contacts }], service.clock.nowMs());
    return toAnswer(await listContacts(service.warehouse, partner));
  },
);

/** Partners, as the CRM keeps them, and their Link Officers. The import stands before what has an id in its place. */
export const PARTNER_ROUTES: readonly ApiRoute[] = [list, importing, one, contacts, handOver];
