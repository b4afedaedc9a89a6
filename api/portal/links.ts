import { z } from "zod";
import { toEpochMs } from "../../schemas/ids.ts";
import { MailDelayed, type MailMessage, MailRefused } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { toWho } from "../contacts.ts";
import { toErrorFacts } from "../logger.ts";
import { JOIN_HOURS, SIGN_IN_MINUTES, toJoinLetter, toMailTo, toSignInLetter } from "./letters.ts";
import { findOfficerByEmail, findOfficerByWho, type PortalOfficer, toOfficerActor } from "./officers.ts";
import type { PortalLink } from "./portal-file.ts";
import type { PortalParts } from "./portal-parts.ts";
import { isPortalSecret, newPortalSecret, toSecretHash } from "./portal-secret.ts";

/** What links are made and used with. */
export type LinkParts = Pick<PortalParts, "service" | "file" | "mailer" | "base">;

/** Sign-in mails that one officer gets within the life of a link; further tries are answered alike and send nothing. */
export const LINKS_MAX = 3;

const MINUTE_MS = 60_000;
const JOIN = z.object({ partner: z.string(), email: z.string(), name: z.string(), by: z.string() });

/** Whom a Link Officer has named as another, and who did. */
export type Joining = z.infer<typeof JOIN>;

/**
 * Mails a link to whoever has that address, if it is a Link Officer's. Whoever asked is told the same in any case,
 * before this has begun. Never rejects.
 */
export async function mailSignInLink(parts: LinkParts, email: string): Promise<void> {
  const { service, file, base } = parts;
  try {
    const officer = await findOfficerByEmail(service.warehouse, email);
    if (officer === undefined) return;
    const nowMs = service.clock.nowMs();
    if (file.countLinks(officer.who, toEpochMs(nowMs - SIGN_IN_MINUTES * MINUTE_MS)) >= LINKS_MAX) return;
    const { secret, key } = addLink(parts, { kind: "sign_in", who: officer.who, body: "" }, SIGN_IN_MINUTES);
    const actor = toOfficerActor(officer.who);
    await writeAudit(service, { actor, action: "portal.link", subject: toSubject(officer) });
    const head = { to: toMailTo(officer), organisation: service.settings.organisation };
    await send(parts, { ...toSignInLetter(head, `${base.origin}/sign-in/${secret}`), key, atMs: nowMs });
  } catch (error) {
    service.logger.error("a link to sign in could not be mailed", toErrorFacts(error));
  }
}

/** Mails somebody whom an officer has named the link to agree by. False if the mail was not taken. Throws as the warehouse does. */
export async function mailJoinLink(parts: LinkParts, joining: Joining, partnerName: string): Promise<boolean> {
  const { service, base } = parts;
  const who = await toWho(service.warehouse, joining.email);
  const link = { kind: "join", who, body: JSON.stringify(joining) } as const;
  const { secret, key } = addLink(parts, link, JOIN_HOURS * 60);
  const head = { to: toMailTo(joining), organisation: service.settings.organisation };
  const words = { link: `${base.origin}/sign-in/${secret}`, partner: partnerName, by: joining.by };
  return send(parts, { ...toJoinLetter(head, words), key, atMs: service.clock.nowMs() });
}

function addLink(
  { service, file }: LinkParts,
  link: Pick<PortalLink, "kind" | "who" | "body">,
  minutes: number,
): { readonly secret: string; readonly key: string } {
  const secret = newPortalSecret();
  const [hash, madeMs] = [toSecretHash(secret), service.clock.nowMs()];
  file.addLink({ ...link, hash, madeMs, expiresMs: toEpochMs(madeMs + minutes * MINUTE_MS) });
  return { secret, key: `${link.kind.replace("_", "-")}-${hash.slice(0, 16)}` };
}

/** Hands a mail over; what keeps it from being taken is logged without the address. Never rejects. */
export async function send({ service, mailer }: LinkParts, message: MailMessage): Promise<boolean> {
  try {
    await mailer.send(message);
    return true;
  } catch (error) {
    const isMail = error instanceof MailRefused || error instanceof MailDelayed;
    service.logger.error(
      "a mail of the portal was not taken",
      isMail ? { reason: error.reason, code: error.code } : toErrorFacts(error),
    );
    return false;
  }
}

/** What a link is good for. */
export type LinkStanding =
  | { readonly state: "sign in" }
  | { readonly state: "join"; readonly joining: Joining }
  | { readonly state: "used" | "expired" | "unknown" };

/** Looks at a link without using it up: mail programs and their guards open links before people do. */
export function readLink({ file, service }: Pick<LinkParts, "file" | "service">, secret: string): LinkStanding {
  const link = isPortalSecret(secret) ? file.findLink(toSecretHash(secret)) : undefined;
  if (link === undefined) return { state: "unknown" };
  if (link.usedMs !== null) return { state: "used" };
  if (link.expiresMs <= service.clock.nowMs()) return { state: "expired" };
  return link.kind === "join" ? { state: "join", joining: toJoining(link) } : { state: "sign in" };
}

/**
 * Uses a link up: once, however many try. A sign-in needs an officer who is still on file.
 *
 * @throws WarehouseUnavailable, WarehouseRefused; then the link is used up all the same, and another can be asked for
 */
export async function takeLink(
  parts: Pick<LinkParts, "file" | "service">,
  secret: string,
): Promise<
  | { readonly state: "sign in"; readonly officer: PortalOfficer }
  | { readonly state: "join"; readonly who: string; readonly joining: Joining }
  | { readonly state: "used" | "expired" | "unknown" }
> {
  const { file, service } = parts;
  const found = isPortalSecret(secret) ? file.findLink(toSecretHash(secret)) : undefined;
  const link = found === undefined ? undefined : file.takeLink(found.hash, service.clock.nowMs());
  if (link === undefined) {
    const { state } = readLink(parts, secret);
    const refused = state === "used" || state === "expired" ? state : "unknown";
    if (found !== undefined) await noteRefused(parts, found.who, refused);
    return { state: refused };
  }
  if (link.kind === "join") return { state: "join", who: link.who, joining: toJoining(link) };
  const officer = await findOfficerByWho(service.warehouse, link.who);
  if (officer !== undefined) return { state: "sign in", officer };
  await noteRefused(parts, link.who, "gone");
  return { state: "unknown" };
}

async function noteRefused({ service }: Pick<LinkParts, "service">, who: string, refused: string): Promise<void> {
  await writeAudit(service, { actor: toOfficerActor(who), action: "portal.sign_in", detail: { refused } });
}

function toJoining({ body }: Pick<PortalLink, "body">): Joining {
  return JOIN.parse(JSON.parse(body));
}

/** What the audit trail says a sign-in is about: the Partner, if it is one. */
export function toSubject({ partners }: PortalOfficer): string {
  return partners.length === 1 ? (partners[0]?.id ?? "") : "";
}
