import { z } from "zod";
import type { Month } from "./ids.ts";

const secret = z.string().regex(/^[A-Za-z0-9_-]{43,}$/, { error: "must be at least 32 bytes as base64url" });

/** The collector's key file as JSON: what replaces user ids, and what beacon tokens are checked with. */
export const COLLECTOR_KEY_FILE = z.object({
  v: z.literal(1),
  seal: secret,
  tokens: z.array(
    z.object({
      kid: z.string().min(1).max(100),
      site: z.string().min(1).max(60),
      alg: z.enum(["HS256", "EdDSA"]),
      /** HS256: the secret. EdDSA: the public key, 32 bytes as base64url. */
      key: secret,
      revoked: z.boolean().optional(),
    }),
  ),
});
/** A key file that passed {@link COLLECTOR_KEY_FILE}. */
export type CollectorKeyFile = z.infer<typeof COLLECTOR_KEY_FILE>;

/** The transform's key file as JSON: what pseudonyms are derived with. */
export const PSEUDONYM_KEY_FILE = z.object({
  v: z.literal(1),
  /**
   * Oldest first; `from` is the first month (`yyyy-mm`, in the zone of each Partner) that the epoch covers; the first
   * has "". At a month's border no person counts under two keys in one month. Without `root`: destroyed.
   */
  epochs: z
    .array(
      z.object({
        epoch: z.number().int().min(1).max(65_535),
        from: z.union([z.literal(""), z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, { error: "must be yyyy-mm" })]),
        root: secret.optional(),
      }),
    )
    .min(1),
  /** Salt by Partner id; the empty id serves subscriber and public accounts. A Partner without one cannot be linked any more. */
  salts: z.record(z.string(), secret),
});
/** A key file that passed {@link PSEUDONYM_KEY_FILE}. */
export type PseudonymKeyFile = z.infer<typeof PSEUDONYM_KEY_FILE>;

/** One key that beacon tokens of a site may be signed with. The algorithm belongs to the key, never to the token. */
export interface TokenKey {
  readonly kid: string;
  readonly site: string;
  readonly alg: "HS256" | "EdDSA";
  readonly key: Uint8Array;
}

/** What the collector needs of the keyring. Revoked token keys are not in it. */
export interface CollectorKeys {
  readonly sealKey: Uint8Array;
  readonly tokenKeys: ReadonlyMap<string, TokenKey>;
}

/** A time within which pseudonyms are made with one root key. */
export interface KeyEpoch {
  readonly epoch: number;
  /** First month covered, in the zone of each Partner; empty: from the beginning. */
  readonly from: Month | "";
  /** Absent once it is destroyed: nothing of that time can be linked to anyone any more. */
  readonly root?: Uint8Array;
}

/** What the transform needs of the keyring. */
export interface PseudonymKeys {
  /** Oldest first. */
  readonly epochs: readonly KeyEpoch[];
  readonly salts: ReadonlyMap<string, Uint8Array>;
}

/** The collector's part of a key file, as bytes. */
export function toCollectorKeys(file: CollectorKeyFile): CollectorKeys {
  const live = file.tokens.filter((token) => token.revoked !== true);
  return {
    sealKey: Buffer.from(file.seal, "base64url"),
    tokenKeys: new Map(
      live.map(({ kid, site, alg, key }) => [kid, { kid, site, alg, key: Buffer.from(key, "base64url") }]),
    ),
  };
}

/** The transform's part of a key file, as bytes. */
export function toPseudonymKeys(file: PseudonymKeyFile): PseudonymKeys {
  return {
    epochs: file.epochs.map(({ epoch, from, root }) => ({
      epoch,
      from: from as Month | "", // the schema has checked it
      ...(root === undefined ? {} : { root: Buffer.from(root, "base64url") }),
    })),
    salts: new Map(Object.entries(file.salts).map(([partner, salt]) => [partner, Buffer.from(salt, "base64url")])),
  };
}
