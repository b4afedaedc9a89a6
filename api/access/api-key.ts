import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { EpochMs } from "../../schemas/ids.ts";
import { ROLE_NAMES } from "../../schemas/roles.ts";

const ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz";
const ID_LENGTH = 10;
const SECRET_BYTES = 32;
const FORM = /^rbk_([2-9a-hjkmnp-z]{10})_([A-Za-z0-9_-]{43})$/;
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/, { error: "must be a SHA-256 as base64url" });

/** The API keys of an installation as JSON: hashes, never a key. */
export const API_KEY_FILE = z.object({
  v: z.literal(1),
  keys: z.array(
    z.object({
      id: z.string().min(1).max(40),
      /** What it is for, in the operator's words. */
      name: z.string().max(60),
      roles: z.array(z.enum(ROLE_NAMES)).min(1),
      /** Partner ids that it reaches; `null`: everyone, also accounts without a Partner. */
      partners: z.array(z.string()).min(1).nullable(),
      /** SHA-256 of the secret, base64url. */
      hash: digest,
      /** UTC. */
      createdMs: z.number(),
      /** From this instant on it is not taken any more, UTC. */
      expiresMs: z.number(),
      revokedMs: z.number().optional(),
    }),
  ),
});
/** The content of the file of API keys. */
export type ApiKeyFile = z.infer<typeof API_KEY_FILE>;
/** One API key as it is kept. */
export type ApiKey = ApiKeyFile["keys"][number];

/** API keys by their id. */
export type ApiKeys = ReadonlyMap<string, ApiKey>;

/** A key as it was presented. */
export interface PresentedKey {
  readonly id: string;
  readonly secret: string;
}

/** Reads `rbk_ID_SECRET`; `undefined` for anything else. Pure. */
export function parseApiKey(text: string): PresentedKey | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/** Reads an Authorization header; `undefined` unless it bears an API key. Pure. */
export function parseAuthorization(header: string | undefined): PresentedKey | undefined {
  const [, key] = /^Bearer +(\S{1,100}) *$/i.exec(header ?? "") ?? [];
  return key === undefined ? undefined : parseApiKey(key);
}

/** A new key: what is given to its holder, and what is kept. */
export function mintApiKey(): { readonly key: string; readonly id: string; readonly hash: string } {
  const id = Array.from({ length: ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join("");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { key: `rbk_${id}_${secret}`, id, hash: toHash(secret).toString("base64url") };
}

/**
 * What is kept of a secret. SHA-256 without salt or cost is right here and would be wrong for a password: the secret is
 * 256 random bits, so nobody can try them out however fast the hash is, while a slow one would let a flood of wrong keys
 * take the machine down. An operator's key is hashed with scrypt, since it is asked for rarely.
 *
 * @see OWASP ASVS 5.0, 11.4.2: slow hashes are for passwords
 */
function toHash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

/** Whose key this is, good or not; or why it is nobody's that counts. */
export type KeyVerdict =
  | { readonly key: ApiKey; readonly refused?: "key_expired" | "key_invalid" }
  | { readonly key?: undefined; readonly refused: "key_invalid" };

const NOBODYS_HASH = Buffer.alloc(32);

/**
 * Holds a presented key against those that are kept, in the same time whether or not its id is known. `key` is there
 * also where it is refused, if the secret was right: then the refusal has somebody to be noted under.
 *
 * @param nowMs UTC
 */
export function checkApiKey(keys: ApiKeys, presented: PresentedKey, nowMs: EpochMs): KeyVerdict {
  const key = keys.get(presented.id);
  const kept = key === undefined ? NOBODYS_HASH : Buffer.from(key.hash, "base64url");
  const isSame = timingSafeEqual(toHash(presented.secret), kept);
  if (key === undefined || !isSame) return { refused: "key_invalid" };
  if (key.revokedMs !== undefined) return { key, refused: "key_invalid" };
  return key.expiresMs <= nowMs ? { key, refused: "key_expired" } : { key };
}

/** Tells whether a key reaches a Partner's people; `""` stands for accounts without a Partner. Pure. */
export function reachesPartner({ partners }: Pick<ApiKey, "partners">, partner: string): boolean {
  return partners === null || partners.includes(partner);
}

/** How a key stands, for lists. Pure. */
export function toKeyStanding({ revokedMs, expiresMs }: ApiKey, nowMs: EpochMs): "good" | "expired" | "revoked" {
  if (revokedMs !== undefined) return "revoked";
  return expiresMs <= nowMs ? "expired" : "good";
}
