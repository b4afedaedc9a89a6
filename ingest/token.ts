import { webcrypto } from "node:crypto";
import { compactVerify } from "jose";
import { TOKEN_AUDIENCE, TOKEN_CLAIMS, TOKEN_TYPE, type TokenClaims } from "../schemas/beacon.ts";
import type { SealedPerson } from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import type { CollectorKeys, TokenKey } from "../schemas/keyring.ts";
import { RecentMap } from "./recent-map.ts";
import { sealPerson, withoutConsent } from "./seal.ts";

/** How far the clock of a site may be ahead of ours, seconds. Given to `nbf` and `iat`; never to `exp`. */
const LEEWAY_S = 30;
const VERIFIED_MAX = 16_384;
const FORGED_MAX = 1_024;

/** Who a good token speaks for. Without the raw user id: only its reference is kept, even in memory. */
export interface VerifiedToken {
  readonly site: string;
  readonly person: SealedPerson;
  /** The same person for a request that carries Global Privacy Control or Do Not Track. */
  readonly personOptedOut: SealedPerson;
}

/** What is said of a token. */
export type TokenOutcome = VerifiedToken | "token_invalid" | "token_expired";

/** Checks beacon tokens. */
export interface TokenReader {
  /** The answer if it costs no signature work: verified before, forged before, or wrong by its shape. */
  recall(token: string, site: string, nowMs: EpochMs): TokenOutcome | undefined;
  /** The answer by the signature. Never throws. */
  verify(token: string, site: string, nowMs: EpochMs): Promise<TokenOutcome>;
}

interface Verified {
  readonly text: string;
  readonly key: TokenKey;
  readonly sealKey: Uint8Array;
  readonly expS: number;
  readonly notBeforeS: number;
  readonly token: VerifiedToken;
}

interface Candidate {
  readonly key: TokenKey;
  readonly claims: TokenClaims;
  readonly notBeforeS: number;
}

/**
 * A reader of beacon tokens under the keys that are in force at each moment.
 *
 * A good token costs its signature once; after that it is found by its text. What is remembered belongs to the very
 * key it was checked with, so a revoked or replaced key takes effect at the next request. What cannot be good (shape,
 * type, algorithm, key id, site, times) is refused before any signature work, since a forger must not buy 300
 * microseconds with a few bytes. Both memories are bounded.
 *
 * @param keys the keys in force now; the same objects as long as nothing has changed
 * @see RFC 8725 3.1 (algorithm by key), 3.8 (issuer), 3.9 (audience), 3.10 (no key from the token), 3.11 (type)
 */
export function createTokenReader(keys: () => CollectorKeys): TokenReader {
  const verified = new RecentMap<Verified>(VERIFIED_MAX);
  const forged = new RecentMap<TokenKey>(FORGED_MAX);
  const imported = new WeakMap<TokenKey, Promise<webcrypto.CryptoKey>>();

  const toKnown = (token: string, site: string, nowMs: EpochMs): TokenOutcome | undefined => {
    const known = verified.get(toTail(token));
    if (known === undefined || known.text !== token) return undefined;
    const { sealKey, tokenKeys } = keys();
    if (tokenKeys.get(known.key.kid) !== known.key || sealKey !== known.sealKey) {
      verified.delete(toTail(token));
      return undefined;
    }
    if (known.token.site !== site) return "token_invalid";
    return toTiming(known.expS, known.notBeforeS, nowMs) ?? known.token;
  };

  const toCandidate = (token: string, site: string, nowMs: EpochMs): Candidate | "token_invalid" | "token_expired" => {
    const key = toTokenKey(token, keys().tokenKeys);
    if (key === undefined || key.site !== site || forged.get(token) === key) return "token_invalid";
    return parseClaims(token, key, nowMs);
  };

  return {
    recall(token, site, nowMs) {
      const known = toKnown(token, site, nowMs);
      if (known !== undefined) return known;
      const candidate = toCandidate(token, site, nowMs);
      return typeof candidate === "string" ? candidate : undefined;
    },
    async verify(token, site, nowMs) {
      const candidate = toCandidate(token, site, nowMs);
      if (typeof candidate === "string") return candidate;
      const { key, claims, notBeforeS } = candidate;
      let secret = imported.get(key);
      if (secret === undefined) {
        secret = toCryptoKey(key);
        imported.set(key, secret);
      }
      try {
        await compactVerify(token, await secret, { algorithms: [key.alg] });
      } catch {
        forged.set(token, key);
        return "token_invalid";
      }
      const { sealKey } = keys();
      const person = sealPerson(sealKey, claims);
      const good = { site: key.site, person, personOptedOut: withoutConsent(person) };
      verified.set(toTail(token), { text: token, key, sealKey, expS: claims.exp, notBeforeS, token: good });
      return toKnown(token, site, nowMs) ?? "token_invalid"; // a key may have been revoked in the meantime
    },
  };
}

/**
 * The last characters of a signature, 70 bits: they tell tokens apart, and a string so short is copied and quick to look
 * up, where a longer one would be kept as a part of the token.
 */
function toTail(token: string): string {
  return token.slice(-12);
}

/** The key of a token by its header alone, if everything there is as it must be for that key. */
function toTokenKey(token: string, tokenKeys: CollectorKeys["tokenKeys"]): TokenKey | undefined {
  const end = token.indexOf(".");
  if (end <= 0 || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  const header = parsePart(token.slice(0, end));
  if (header === undefined || header.typ !== TOKEN_TYPE || typeof header.kid !== "string") return undefined;
  for (const name of ["crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"]) if (name in header) return undefined;
  const key = tokenKeys.get(header.kid);
  return key !== undefined && header.alg === key.alg ? key : undefined;
}

function parseClaims(token: string, key: TokenKey, nowMs: EpochMs): Candidate | "token_invalid" | "token_expired" {
  const payload = parsePart(token.slice(token.indexOf(".") + 1, token.lastIndexOf(".")));
  const outcome = TOKEN_CLAIMS.safeParse(payload);
  if (payload === undefined || !outcome.success || outcome.data.iss !== key.site) return "token_invalid";
  const audiences = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
  if (!audiences.includes(TOKEN_AUDIENCE)) return "token_invalid";
  const nbf = payload.nbf ?? outcome.data.iat;
  if (typeof nbf !== "number" || !Number.isFinite(nbf)) return "token_invalid";
  const notBeforeS = Math.max(nbf, outcome.data.iat);
  return toTiming(outcome.data.exp, notBeforeS, nowMs) ?? { key, claims: outcome.data, notBeforeS };
}

/** What the times of a token forbid at `nowMs`, if anything. */
function toTiming(expS: number, notBeforeS: number, nowMs: EpochMs): "token_invalid" | "token_expired" | undefined {
  if (nowMs >= expS * 1_000) return "token_expired";
  return nowMs < (notBeforeS - LEEWAY_S) * 1_000 ? "token_invalid" : undefined;
}

function parsePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>; // checked on the line before
  } catch {
    return undefined;
  }
}

function toCryptoKey({ alg, key }: TokenKey): Promise<webcrypto.CryptoKey> {
  const algorithm = alg === "HS256" ? { name: "HMAC", hash: "SHA-256" } : { name: "Ed25519" };
  return webcrypto.subtle.importKey("raw", key, algorithm, false, ["verify"]);
}
