import type { Context } from "hono";
import { RateLimit } from "../../ingest/limits.ts";
import { listIssuedRecords, readRecord } from "../../reporting/records.ts";
import { toPlainText } from "../../reporting/words.ts";
import { INSTRUCTION_SCOPES } from "../../schemas/journal.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { writeAudit } from "../audit.ts";
import { listContacts } from "../contacts.ts";
import { toRecordStyle } from "../house-style.ts";
import { toBytes } from "../records/record-files.ts";
import { listInstructions } from "../rights/instructions.ts";
import { toDownload, toPageAnswer, toRefusalPage, toSeeOther } from "./answers.ts";
import { type ContactOutcome, inviteContact, removeContact } from "./contacts.ts";
import { changeInstruction } from "./instruct.ts";
import {
  DOWNLOADS,
  type InstructionOutcome,
  type OfficerScene,
  toContactsPage,
  toInstructionsPage,
  toPartnerPath,
  toPartnersPage,
  toRecordPage,
  toRecordsPage,
} from "./officer-pages.ts";
import { type PortalOfficer, toOfficerActor } from "./officers.ts";
import type { PortalDesk } from "./portal-desk.ts";
import type { PortalParts } from "./portal-parts.ts";

/** Files that one officer may take, and mails to others that one may cause, in a minute. */
const DOWNLOADS_PER_MINUTE = 60;
const INVITES_PER_MINUTE = 5;

const CONTACT_OUTCOMES: readonly ContactOutcome[] = [
  "invited",
  "known",
  "unreadable",
  "not mailed",
  "removed",
  "last",
  "unknown",
];
const INSTRUCTION_OUTCOMES: readonly InstructionOutcome[] = ["given", "revoked", "not declared", "unchanged"];

/**
 * Who asks and about which Partner: one of the officer's own. Any other is not there, whether or not it exists.
 *
 * @see OWASP ASVS 5.0, 8.2.2: from the session, never from the request
 */
function toScene(context: Context, officer: PortalOfficer): OfficerScene | undefined {
  const partner = officer.partners.find(({ id }) => id === context.req.param("partner"));
  return partner === undefined ? undefined : { officer, partner };
}

function toZone({ service }: PortalParts, { partner }: OfficerScene): string {
  return service.journal().partners.get(partner.id)?.zone ?? service.settings.defaultZone;
}

/** A record that officers may see; undefined for any other. */
async function findRecord(
  { service }: PortalParts,
  { partner }: OfficerScene,
  month: string | undefined,
): Promise<RecordOfEngagement | undefined> {
  const listed = (await listIssuedRecords(service.warehouse, partner.id)).find((record) => record.month === month);
  return listed === undefined ? undefined : readRecord(service.warehouse, listed.month, partner.id, listed.version);
}

/** Pages of Link Officers: records, contacts, instructions. */
export function addOfficerRoutes(desk: PortalDesk): void {
  const { parts } = desk;
  const { assets } = parts;
  desk.page("officer", "/partners", async (_, { officer }) => {
    const [first] = officer.partners;
    if (officer.partners.length === 1 && first !== undefined) return toSeeOther(toPartnerPath(first.id));
    return toPageAnswer(toPartnersPage(officer), assets);
  });
  addRecordRoutes(desk);
  addContactRoutes(desk);
  addInstructionRoutes(desk);
}

function addRecordRoutes(desk: PortalDesk): void {
  const { parts } = desk;
  const { assets, service, style } = parts;
  const downloads = new RateLimit(DOWNLOADS_PER_MINUTE);
  desk.page("officer", "/partners/:partner", async (context, { officer }) => {
    const scene = toScene(context, officer);
    if (scene === undefined) return toRefusalPage(404, assets);
    const records = await listIssuedRecords(service.warehouse, scene.partner.id);
    return toPageAnswer(toRecordsPage(scene, records, toZone(parts, scene)), assets);
  });
  desk.page("officer", "/partners/:partner/records/:month", async (context, { officer }) => {
    const scene = toScene(context, officer);
    const record = scene === undefined ? undefined : await findRecord(parts, scene, context.req.param("month"));
    if (scene === undefined || record === undefined) return toRefusalPage(404, assets);
    return toPageAnswer(toRecordPage(scene, record, toRecordStyle(style, scene.partner.id).logos), assets);
  });
  desk.page("officer", "/partners/:partner/records/:month/download/:format", async (context, { officer }) => {
    const format = (["pdf", "csv", "json"] as const).find((known) => known === context.req.param("format"));
    const scene = toScene(context, officer);
    if (scene === undefined || format === undefined) return toRefusalPage(404, assets);
    if (downloads.take(officer.who, service.clock.nowMs()) > 0) return toRefusalPage(429, assets);
    const record = await findRecord(parts, scene, context.req.param("month"));
    if (record === undefined) return toRefusalPage(404, assets);
    const bytes = await toBytes(record, format, toRecordStyle(style, scene.partner.id));
    const { month, version } = record;
    const entry = { actor: toOfficerActor(officer.who), action: "portal.download", subject: scene.partner.id };
    await writeAudit(service, { ...entry, detail: { month, version, format } });
    return toDownload(`${scene.partner.id}-${month}-v${version}.${format}`, DOWNLOADS[format].mediaType, bytes);
  });
}

function addContactRoutes(desk: PortalDesk): void {
  const { parts } = desk;
  const { assets, service } = parts;
  const invites = new RateLimit(INVITES_PER_MINUTE);
  const path = "/partners/:partner/contacts";
  const toOutcome = (scene: OfficerScene, outcome: ContactOutcome) =>
    toSeeOther(`${toPartnerPath(scene.partner.id)}/contacts?done=${encodeURIComponent(outcome)}`);
  desk.page("officer", path, async (context, { officer }) => {
    const scene = toScene(context, officer);
    if (scene === undefined) return toRefusalPage(404, assets);
    const note = CONTACT_OUTCOMES.find((known) => known === context.req.query("done"));
    const contacts = await listContacts(service.warehouse, scene.partner.id);
    return toPageAnswer(toContactsPage(scene, contacts, note), assets);
  });
  desk.form("officer", `${path}/add`, async (context, { officer }, form) => {
    const scene = toScene(context, officer);
    if (scene === undefined) return toRefusalPage(404, assets);
    if (invites.take(officer.who, service.clock.nowMs()) > 0) return toRefusalPage(429, assets);
    const given = { name: form.get("name") ?? "", email: form.get("email") ?? "" };
    return toOutcome(scene, await inviteContact(parts, scene, given));
  });
  desk.form("officer", `${path}/remove`, async (context, { officer }, form) => {
    const scene = toScene(context, officer);
    if (scene === undefined) return toRefusalPage(404, assets);
    const who = form.get("who") ?? "";
    const outcome = await removeContact(parts, scene, who);
    const isStillHere = who !== officer.who || outcome !== "removed" || officer.partners.length > 1;
    if (who === officer.who && outcome === "removed" && isStillHere) return toSeeOther("/partners");
    return isStillHere ? toOutcome(scene, outcome) : toSeeOther("/");
  });
}

function addInstructionRoutes(desk: PortalDesk): void {
  const { parts } = desk;
  const { assets, service } = parts;
  const path = "/partners/:partner/instructions";
  desk.page("officer", path, async (context, { officer }) => {
    const scene = toScene(context, officer);
    if (scene === undefined) return toRefusalPage(404, assets);
    const note = INSTRUCTION_OUTCOMES.find((known) => known === context.req.query("done"));
    const filed = listInstructions(service, scene.partner.id);
    return toPageAnswer(toInstructionsPage(scene, filed, toZone(parts, scene), note), assets);
  });
  for (const way of ["give", "revoke"] as const) {
    desk.form("officer", `${path}/:scope/${way}`, async (context, { officer }, form) => {
      const scene = toScene(context, officer);
      const scope = INSTRUCTION_SCOPES.find((known) => known === context.req.param("scope"));
      if (scene === undefined || scope === undefined) return toRefusalPage(404, assets);
      const isDeclared = way === "revoke" || form.get("declared") === "yes";
      const by = toPlainText(officer.name) || officer.email;
      const outcome = isDeclared
        ? await changeInstruction(parts, scene, { scope, on: way === "give", by })
        : "not declared";
      return toSeeOther(`${toPartnerPath(scene.partner.id)}/instructions?done=${encodeURIComponent(outcome)}#${scope}`);
    });
  }
}
