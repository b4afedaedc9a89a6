import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import type { EpochMs, Pseudonym, SubjectRef } from "../schemas/ids.ts";
import type { JournalPerson, PersonChoices } from "../schemas/journal.ts";
import type { KeyEpoch, PseudonymKeys } from "../schemas/keyring.ts";
import { toDayBeginMs } from "../schemas/zone.ts";

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
 * What rows of a person may be combined with each other: those of one realm have one pseudonym, those of two have
 * nothing in common. Engagement is one realm. What is kept by consent is in a realm of that very grant, so that
 * nothing from before a withdrawal can ever be combined with anything after it, nor behaviour with engagement.
 *
 * @see GDPR Art. 7(3), Art. 5(1)(b)
 */
export type Realm = "engagement" | `behaviour ${number}` | `feedback ${number}`;

/**
 * The realm of what is kept under a grant. `sinceMs` is when it was given, UTC, 0 where only the token vouches for it; or
 * when feedback was withdrawn, which ends what behaviour is combined with.
 */
export function toConsentRealm(purpose: "behaviour" | "feedback", sinceMs: number): Realm {
  return `${purpose} ${sinceMs}`;
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

/** The pseudonym of a person in a realm under a key of {@link toPseudonymKey}: the first 16 bytes of HMAC-SHA-256. Pure. */
export function toPseudonymBytes(key: KeyObject, ref: SubjectRef, realm: Realm): Uint8Array {
  const who = realm === "engagement" ? ref : `${ref} ${realm}`;
  // Copied out of Node's shared buffer pool.
  return Uint8Array.from(createHmac("sha256", key).update(who).digest().subarray(0, PSEUDONYM_BYTES));
}

/**
 * The epoch in force at an instant: the last whose first month had begun in the zone by then. `undefined` before the
 * first. Pure apart from a cache.
 */
export function toEpoch(keys: PseudonymKeys, zone: string, atMs: EpochMs): KeyEpoch | undefined {
  return keys.epochs.findLast(({ from }) => from === "" || toMonthBeginMs(from, zone) <= atMs);
}

const begins = new Map<string, EpochMs>();

/** When a month (`yyyy-mm`) begins in a zone, UTC. Pure apart from a cache. */
export function toMonthBeginMs(month: string, zone: string): EpochMs {
  const key = `${month} ${zone}`;
  let beginMs = begins.get(key);
  if (beginMs === undefined) {
    beginMs = toDayBeginMs(zone, Date.parse(`${month}-01T00:00:00Z`));
    begins.set(key, beginMs);
  }
  return beginMs;
}

/** A pseudonym that some rows of a person may carry. */
export interface KnownPseudonym {
  readonly realm: Realm;
  readonly epoch: number;
  readonly pseudonym: Pseudonym;
}

/**
 * Every pseudonym that a person's rows can carry: of each epoch whose key is still there, for each realm. This is how
 * look-ups, exports and erasures find a person. Empty where the Partner has no salt any more.
 *
 * @param choices the person's choices from the journal, if there are any: each grant begins a realm, and so does each
 * withdrawal of feedback
 */
export function toKnownPseudonyms(
  keys: PseudonymKeys,
  { ref, ptn }: JournalPerson,
  choices: Pick<PersonChoices, "consents"> | undefined,
): readonly KnownPseudonym[] {
  const salt = keys.salts.get(ptn);
  if (salt === undefined) return [];
  const realmsBegun = (choices?.consents ?? []).flatMap(({ purpose, granted, atMs }) => {
    if (granted) return [toConsentRealm(purpose, atMs)];
    return purpose === "feedback" ? [toConsentRealm("behaviour", atMs)] : [];
  });
  const realms = new Set<Realm>([
    "engagement",
    toConsentRealm("behaviour", 0),
    toConsentRealm("feedback", 0),
    ...realmsBegun,
  ]);
  return keys.epochs.flatMap(({ epoch, root }) => {
    if (root === undefined) return [];
    const key = toPseudonymKey(root, salt, epoch);
    return [...realms].map((realm) => ({
      realm,
      epoch,
      pseudonym: Buffer.from(toPseudonymBytes(key, ref, realm)).toString("hex") as Pseudonym, // 16 bytes in hex
    }));
  });
}

/** One Partner and epoch: its key, once derived, and the pseudonyms made with it lately. */
interface Drawer {
  readonly key: KeyObject;
  readonly pseudonyms: Map<string, EpochPseudonym>;
}

/** Whose pseudonym is asked for. */
export interface PseudonymQuery {
  /** Partner id; empty for subscriber and public accounts. */
  readonly partner: string;
  /** IANA zone of the Partner: epochs begin with its months. */
  readonly zone: string;
  readonly ref: SubjectRef;
  readonly realm: Realm;
  /** When the event happened, UTC. */
  readonly atMs: EpochMs;
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

  /** The pseudonym, or `undefined` if the epoch's key or the Partner's salt is not there (any more): then nothing may be linked. */
  toPseudonym({ partner, zone, ref, realm, atMs }: PseudonymQuery): EpochPseudonym | undefined {
    const epoch = toEpoch(this.#keys, zone, atMs);
    const salt = this.#keys.salts.get(partner);
    if (epoch?.root === undefined || salt === undefined) return undefined;
    const drawer = this.#drawer(epoch.epoch, epoch.root, partner, salt);
    const who = realm === "engagement" ? ref : `${ref} ${realm}`;
    const known = drawer.pseudonyms.get(who);
    if (known !== undefined) return known;
    const made = { epoch: epoch.epoch, bytes: toPseudonymBytes(drawer.key, ref, realm) };
    drawer.pseudonyms.set(who, made);
    this.#held++;
    return made;
  }

  #drawer(epoch: number, root: Uint8Array, partner: string, salt: Uint8Array): Drawer {
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
