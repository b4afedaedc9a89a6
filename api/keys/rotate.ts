import { generateKeyPairSync } from "node:crypto";
import { type EpochMs, type Month, parseMonth, toMonthOffset } from "../../schemas/ids.ts";
import type { KeyEpoch } from "../../schemas/keyring.ts";
import { toKeyFingerprint } from "../../transform/known-keys.ts";
import { toMonthBeginMs } from "../../transform/pseudonym.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import { newKeyId, newSecret } from "../key-files.ts";
import type { Service } from "../service.ts";

/** What acting on keys works with. */
export type KeyService = Pick<
  Service,
  "keyFiles" | "warehouse" | "clock" | "journal" | "decide" | "settings" | "sites"
>;

/** How long before its border an epoch must be known to every process, ms. */
const NOTICE_MS = 120_000;

/** Which month a new epoch may begin with. */
export interface RotationPlan {
  /** The newest epochs last. */
  readonly epochs: readonly Pick<KeyEpoch, "from">[];
  /** IANA zones whose months the border is one of: every Partner's, and that of accounts without one. */
  readonly zones: readonly string[];
  readonly nowMs: EpochMs;
  /** How far in the future an event may lie that is stored already, ms. */
  readonly futureMsMax: number;
}

/**
 * Why an epoch cannot begin with a month; `undefined` if it can. In a month that has begun somewhere, rows under the
 * older key may be stored already, and whoever is among them would count as two people.
 *
 * Pure apart from a cache.
 */
export function findRotationTrouble(month: Month, plan: RotationPlan): string | undefined {
  const { epochs, zones, nowMs, futureMsMax } = plan;
  const last = epochs.at(-1)?.from ?? "";
  if (last >= month) return `the newest epoch begins with ${last}; a new one must begin later`;
  const readyMs = nowMs + NOTICE_MS + futureMsMax;
  for (const zone of new Set(zones)) {
    const beginMs = toMonthBeginMs(month, zone);
    if (beginMs <= nowMs) return `${month} has begun in ${zone}; its people would count twice. Name a later month`;
    if (beginMs <= readyMs) {
      const minutes = Math.ceil((readyMs - nowMs) / 60_000);
      return `${month} begins in ${zone} in less than ${minutes} minutes, and events of it may be stored already. Name a later month`;
    }
  }
  return undefined;
}

/**
 * Adds an epoch of pseudonyms that begins with a month.
 *
 * @param from `yyyy-mm`; default: the next month of UTC
 * @returns the epoch and its first month
 * @throws CommandError if the border is not in the future everywhere
 */
export async function rotatePseudonym(
  service: KeyService,
  from: string | undefined,
  actor: string,
): Promise<{ readonly epoch: number; readonly from: Month }> {
  const { keyFiles, clock, journal, decide, settings } = service;
  const nowMs = clock.nowMs();
  const thisMonth = new Date(nowMs).toISOString().slice(0, 7) as Month; // an ISO date begins with its month
  const month = from === undefined ? toMonthOffset(thisMonth, 1) : parseMonth(from);
  if (month === undefined) {
    throw new CommandError(`Cannot begin an epoch with "${from ?? ""}": it must be a month, yyyy-mm.`);
  }
  const zones = ["UTC", settings.defaultZone, ...[...journal().partners.values()].map(({ zone }) => zone)];
  const futureMsMax = settings.futureMinutesMax * 60_000;
  const refuse = (epochs: RotationPlan["epochs"]) => {
    const trouble = findRotationTrouble(month, { epochs, zones, nowMs, futureMsMax });
    if (trouble !== undefined) throw new CommandError(`Cannot begin an epoch with ${month}: ${trouble}.`);
  };
  refuse(keyFiles.pseudonymKeys().epochs);
  await writeAudit(service, { actor, action: "keys.rotate", subject: "pseudonym", detail: { from: month } });
  const root = newSecret();
  const added = { epoch: 0 };
  keyFiles.changePseudonym((content) => {
    refuse(content.epochs.map((one) => ({ from: one.from as Month | "" }))); // the schema has checked it
    added.epoch = Math.max(...content.epochs.map(({ epoch }) => epoch)) + 1;
    return { ...content, epochs: [...content.epochs, { epoch: added.epoch, from: month, root }] };
  });
  const key = `epoch ${added.epoch} ${toKeyFingerprint(Buffer.from(root, "base64url"))}`;
  await decide([{ kind: "key", atMs: nowMs, action: "added", key }]);
  return { epoch: added.epoch, from: month };
}

/** What a new token key is to be. */
export interface TokenRotation {
  readonly site: string;
  /** Default: a new one. */
  readonly kid?: string;
  readonly alg: "HS256" | "EdDSA";
}

/** A new token key as the site's CMS needs it. Secret. */
export interface MintedTokenKey extends TokenRotation {
  readonly kid: string;
  /** HS256: the secret, base64url. EdDSA: the private key, PKCS#8 as PEM. */
  readonly key: string;
}

/**
 * Adds a token key to a site; those that it has stay valid until they are revoked. Of an EdDSA key only the public half
 * is kept here.
 *
 * @throws CommandError if there is no such site, or the id is taken
 */
export async function rotateToken(service: KeyService, request: TokenRotation, actor: string): Promise<MintedTokenKey> {
  const { keyFiles, sites, clock, decide } = service;
  const { site, alg, kid = newKeyId(site) } = request;
  if (!sites.some(({ id }) => id === site)) {
    throw new CommandError(
      `Cannot add a token key for site "${site}": the sites are ${sites.map(({ id }) => id).join(", ")}. Add it to ROEBUCK_SITES.`,
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(kid)) {
    throw new CommandError(
      `Cannot name a token key "${kid}": it must be 1 to 100 letters, digits, dots, hyphens or underscores.`,
    );
  }
  await writeAudit(service, { actor, action: "keys.rotate", subject: `token ${kid}`, detail: { alg } });
  const { held, given } = alg === "HS256" ? newSharedKey() : newKeyPair();
  keyFiles.changeCollector((content) => {
    if (content.tokens.some((token) => token.kid === kid)) {
      throw new CommandError(
        `Cannot name a token key "${kid}": there is one of that id. Leave --kid away, or name another.`,
      );
    }
    return { ...content, tokens: [...content.tokens, { kid, site, alg, key: held }] };
  });
  await decide([{ kind: "key", atMs: clock.nowMs(), action: "added", key: `token ${kid}` }]);
  return { site, kid, alg, key: given };
}

function newSharedKey(): { readonly held: string; readonly given: string } {
  const secret = newSecret();
  return { held: secret, given: secret };
}

function newKeyPair(): { readonly held: string; readonly given: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { held: x, given: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
}

/**
 * Revokes a token key: within 60 s no collector takes a token under it.
 *
 * @returns whether its site has a key left
 * @throws CommandError if there is no such key
 */
export async function revokeToken(
  service: KeyService,
  kid: string,
  actor: string,
): Promise<{ readonly site: string; readonly left: number }> {
  const { keyFiles, clock, journal, decide } = service;
  const { tokens } = keyFiles.readCollector();
  const found = tokens.find((token) => token.kid === kid);
  if (found === undefined) {
    throw new CommandError(`Cannot revoke "${kid}": there is no token key of that id. \`roebuck keys list\` has them.`);
  }
  await writeAudit(service, { actor, action: "keys.revoke", subject: `token ${kid}` });
  keyFiles.changeCollector((content) => ({
    ...content,
    tokens: content.tokens.map((token) => (token.kid === kid ? { ...token, revoked: true } : token)),
  }));
  const isTold = journal().keyEvents.some(({ action, key }) => action === "revoked" && key === `token ${kid}`);
  if (!isTold) {
    await decide([{ kind: "key", atMs: clock.nowMs(), action: "revoked", key: `token ${kid}` }]);
  }
  const left = tokens.filter((token) => token.site === found.site && token.revoked !== true && token.kid !== kid);
  return { site: found.site, left: left.length };
}
