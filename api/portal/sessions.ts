import type { Context } from "hono";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import { mayDo } from "../../schemas/roles.ts";
import { findOfficerByWho, type PortalOfficer } from "./officers.ts";
import type { PortalBase } from "./portal-base.ts";
import type { PortalSession } from "./portal-file.ts";
import type { PortalParts } from "./portal-parts.ts";
import { isPortalSecret, newPortalSecret, toSecretHash } from "./portal-secret.ts";

/** A session ends so long after it began, whatever is done in it. */
export const SESSION_MS_MAX = 8 * 3_600_000;
/** A session ends when nothing was done in it for so long. */
export const IDLE_MS_MAX = 3_600_000;
/** Sessions note that they are used so often at most: not every page is a write. */
const SEEN_MS = 60_000;

/** Somebody who is signed in, as they stand on file now. */
export type SignedIn =
  | { readonly kind: "officer"; readonly hash: string; readonly officer: PortalOfficer }
  | { readonly kind: "operator"; readonly hash: string; readonly key: string };

/** Begins a session: the header that gives the browser its cookie. Only the hash of it is kept. */
export function beginSession(
  { file, service, base }: Pick<PortalParts, "file" | "service" | "base">,
  kind: PortalSession["kind"],
  who: string,
): string {
  const secret = newPortalSecret();
  const nowMs = service.clock.nowMs();
  file.addSession({ hash: toSecretHash(secret), kind, who, madeMs: nowMs, seenMs: nowMs });
  return toCookie(base, secret, SESSION_MS_MAX / 1_000);
}

/** The header that takes the cookie away. */
export function toNoCookie(base: PortalBase): string {
  return toCookie(base, "", 0);
}

function toCookie({ cookie, isSecure }: PortalBase, value: string, ageS: number): string {
  return `${cookie}=${value}; Path=/; Max-Age=${ageS}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}

/**
 * Who asks. Nobody once the session is over or ended, the officer is gone from the contacts, or the operator's key is
 * revoked, expired or of another role: each page looks anew.
 *
 * @throws WarehouseUnavailable, WarehouseRefused, and what a key store throws
 */
export async function readSession(context: Context, parts: PortalParts): Promise<SignedIn | undefined> {
  const secret = readCookie(context, parts.base.cookie);
  if (!isPortalSecret(secret)) return undefined;
  const session = parts.file.findSession(toSecretHash(secret));
  const nowMs = parts.service.clock.nowMs();
  if (session === undefined || isOver(session, nowMs)) return undefined;
  const found = await findHolder(session, parts, nowMs);
  if (found === undefined) parts.file.endSession(session.hash);
  else if (nowMs - session.seenMs > SEEN_MS) parts.file.seeSession(session.hash, nowMs);
  return found;
}

async function findHolder(
  { kind, hash, who }: PortalSession,
  { service, apiKeys }: PortalParts,
  nowMs: EpochMs,
): Promise<SignedIn | undefined> {
  if (kind === "operator") {
    const key = (await apiKeys.keysLater()).get(who);
    const isGood = key !== undefined && key.revokedMs === undefined && key.expiresMs > nowMs && key.partners === null;
    return isGood && mayDo(key.roles, "operations.read") ? { kind, hash, key: who } : undefined;
  }
  const officer = await findOfficerByWho(service.warehouse, who);
  return officer === undefined ? undefined : { kind, hash, officer };
}

function isOver({ madeMs, seenMs }: PortalSession, nowMs: EpochMs): boolean {
  return nowMs - madeMs >= SESSION_MS_MAX || nowMs - seenMs >= IDLE_MS_MAX;
}

function readCookie(context: Context, name: string): string {
  const cookies = (context.req.header("cookie") ?? "").split(/;\s*/);
  return cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

/** A link that was used or has expired is known for so long, so that whoever opens it again is told. */
const KNOWN_LINK_MS = 24 * 3_600_000;

/** Removes what is over. */
export function expireSessions({ file, service }: Pick<PortalParts, "file" | "service">): void {
  const nowMs = service.clock.nowMs();
  file.expire({
    madeMs: toEpochMs(nowMs - SESSION_MS_MAX),
    seenMs: toEpochMs(nowMs - IDLE_MS_MAX),
    expiredMs: toEpochMs(nowMs - KNOWN_LINK_MS),
  });
}
