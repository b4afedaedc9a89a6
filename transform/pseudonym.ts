import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { EpochMs, SubjectRef } from "../schemas/ids.ts";
import type { PseudonymKeys } from "../schemas/keyring.ts";

/** Bytes of a pseudonym. */
export const PSEUDONYM_BYTES = 16;
/** In place of a pseudonym where a row is not combined with a person. */
export const NOBODY: Uint8Array = new Uint8Array(PSEUDONYM_BYTES);
/** Epoch of rows without a person. */
export const NO_EPOCH = 0;

/** A pseudonym and the key epoch that it was derived in. */
export interface EpochPseudonym {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/**
 * The key that a Partner's pseudonyms of an epoch are made with: HKDF-SHA-256 over the root key of the epoch, salted
 * with the Partner's salt. Destroying the salt makes every pseudonym of the Partner unlinkable for good.
 *
 * Pure.
 *
 * @see RFC 5869; GDPR Art. 4(5)
 */
export function toPseudonymKey(root: Uint8Array, salt: Uint8Array, epoch: number): KeyObject {
  // As a key object: from bytes Node makes one for every HMAC, which takes five times as long.
  return createSecretKey(new Uint8Array(hkdfSync("sha256", root, salt, `roebuck pseudonym ${epoch}`, 32)));
}

/** The pseudonym of a person under a key of {@link toPseudonymKey}: the first 16 bytes of HMAC-SHA-256. Pure. */
export function toPseudonymBytes(key: KeyObject, ref: SubjectRef): Uint8Array {
  // Copied out of Node's shared buffer pool.
  return Uint8Array.from(createHmac("sha256", key).update(ref).digest().subarray(0, PSEUDONYM_BYTES));
}

/** The epoch in force at an instant: the last that began by then. `undefined` before the first. Pure. */
export function toEpoch(keys: PseudonymKeys, atMs: EpochMs): PseudonymKeys["epochs"][number] | undefined {
  return keys.epochs.findLast(({ fromMs }) => fromMs <= atMs);
}

/** One Partner and epoch: its key, once derived, and the pseudonyms made with it lately. */
interface Drawer {
  readonly key: KeyObject;
  readonly pseudonyms: Map<SubjectRef, EpochPseudonym>;
}

/**
 * Derives pseudonyms and remembers them: the derivation costs ten times the look-up. Forgets everything when it holds
 * `pseudonymsMax`, so that memory is bounded; the answers never depend on what is remembered.
 */
export class PseudonymBook {
  readonly #keys: PseudonymKeys;
  readonly #pseudonymsMax: number;
  readonly #drawers = new Map<number, Map<string, Drawer>>();
  #held = 0;

  constructor(keys: PseudonymKeys, pseudonymsMax = 200_000) {
    this.#keys = keys;
    this.#pseudonymsMax = pseudonymsMax;
  }

  /**
   * The pseudonym of a person for an event at `atMs` (UTC), or `undefined` if the Partner has no salt (any more):
   * then nothing may be linked.
   *
   * @param partner Partner id; empty for subscriber and public accounts
   */
  toPseudonym(partner: string, ref: SubjectRef, atMs: EpochMs): EpochPseudonym | undefined {
    const epoch = toEpoch(this.#keys, atMs);
    const salt = this.#keys.salts.get(partner);
    if (epoch === undefined || salt === undefined) return undefined;
    const drawer = this.#drawer(epoch, partner, salt);
    const known = drawer.pseudonyms.get(ref);
    if (known !== undefined) return known;
    const made = { epoch: epoch.epoch, bytes: toPseudonymBytes(drawer.key, ref) };
    drawer.pseudonyms.set(ref, made);
    this.#held++;
    return made;
  }

  #drawer({ epoch, root }: PseudonymKeys["epochs"][number], partner: string, salt: Uint8Array): Drawer {
    if (this.#held >= this.#pseudonymsMax) {
      this.#drawers.clear();
      this.#held = 0;
    }
    let byPartner = this.#drawers.get(epoch);
    if (byPartner === undefined) {
      byPartner = new Map();
      this.#drawers.set(epoch, byPartner);
    }
    let drawer = byPartner.get(partner);
    if (drawer === undefined) {
      drawer = { key: toPseudonymKey(root, salt, epoch), pseudonyms: new Map() };
      byPartner.set(partner, drawer);
    }
    return drawer;
  }
}
