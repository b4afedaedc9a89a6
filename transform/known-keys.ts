import { createHash } from "node:crypto";
import type { JournalState } from "../schemas/journal.ts";
import type { PseudonymKeys } from "../schemas/keyring.ts";

type KeyEvents = JournalState["keyEvents"];

/** Keys that a process holds. A collector has no pseudonym keys, a transform no seal key. */
export interface HeldKeys {
  readonly sealKey?: Uint8Array;
  readonly pseudonym?: PseudonymKeys;
}

/** What the journal says of the keys. */
export interface KeysOnRecord {
  /** Fingerprint by `seal`, `epoch 3`, `salt acme`. */
  readonly added: ReadonlyMap<string, string>;
  /** `epoch 3`, `salt acme`. */
  readonly destroyed: ReadonlySet<string>;
}

/** Tells a key from another without telling anything of it: 8 bytes in hex. Pure. */
export function toKeyFingerprint(key: Uint8Array): string {
  return createHash("sha256").update("roebuck key fingerprint\n").update(key).digest("hex").slice(0, 16);
}

/** The fingerprints of keys by the name that the journal has for each: `seal`, `epoch 3`, `salt acme`. Pure. */
export function toFingerprints({ sealKey, pseudonym }: HeldKeys): ReadonlyMap<string, string> {
  const prints = new Map<string, string>();
  if (sealKey !== undefined) prints.set("seal", toKeyFingerprint(sealKey));
  for (const { epoch, root } of pseudonym?.epochs ?? []) {
    if (root !== undefined) prints.set(`epoch ${epoch}`, toKeyFingerprint(root));
  }
  for (const [partner, salt] of pseudonym?.salts ?? []) prints.set(`salt ${partner}`, toKeyFingerprint(salt));
  return prints;
}

/** What the journal's key events come to. The first fingerprint of a key holds: a key is never replaced under its name. Pure. */
export function toKeysOnRecord(events: KeyEvents): KeysOnRecord {
  const added = new Map<string, string>();
  const destroyed = new Set<string>();
  for (const { action, key } of events) {
    if (action === "destroyed") destroyed.add(key);
    const [, name = "", print = ""] = /^(seal|epoch \d+|salt \S*) ([0-9a-f]{16})$/.exec(key) ?? [];
    if (action === "added" && name !== "" && !added.has(name)) added.set(name, print);
  }
  return { added, destroyed };
}

/** The `added` entries that the journal lacks, as `epoch 3 <fingerprint>`. Pure. */
export function findUnrecorded(held: HeldKeys, { added, destroyed }: KeysOnRecord): readonly string[] {
  return [...toFingerprints(held)]
    .filter(([name]) => !added.has(name) && !destroyed.has(name))
    .map(([name, print]) => `${name} ${print}`);
}

/**
 * Why these keys cannot be those that the rows were made with; `undefined` if they can. With other keys every person
 * would become a stranger: nobody's rows would be found, restricted or erased.
 *
 * A salt that is missing is not told here: whether that matters, only the rows tell.
 *
 * @param isWhole false if a key that was added lately may not have been read yet
 */
export function findKeyTrouble(held: HeldKeys, { added, destroyed }: KeysOnRecord, isWhole = true): string | undefined {
  const prints = toFingerprints(held);
  for (const [name, print] of added) {
    if (destroyed.has(name)) continue;
    const isHeldHere = name === "seal" ? held.sealKey !== undefined : held.pseudonym !== undefined;
    const here = prints.get(name);
    if (!isHeldHere || here === print) continue;
    if (here !== undefined) return `${toTitle(name)} is another (${here}) than the journal knows (${print})`;
    if (isWhole && name.startsWith("epoch ")) return `${toTitle(name)} (${print}) is missing and was not destroyed`;
  }
  return undefined;
}

function toTitle(name: string): string {
  return name === "seal" ? "the seal key" : `the key "${name}"`;
}

/** Names keys that are held although the journal says they were destroyed: an old copy was put back. Pure. */
export function findReturned(held: HeldKeys, { destroyed }: KeysOnRecord): readonly string[] {
  return [...toFingerprints(held).keys()].filter((name) => destroyed.has(name));
}

/** The keys without those that the journal says were destroyed; the same object if there are none. Pure. */
export function withoutDestroyed(keys: PseudonymKeys, record: KeysOnRecord): PseudonymKeys {
  if (findReturned({ pseudonym: keys }, record).length === 0) return keys;
  const { destroyed } = record;
  return {
    epochs: keys.epochs.map((epoch) =>
      destroyed.has(`epoch ${epoch.epoch}`) ? { epoch: epoch.epoch, from: epoch.from } : epoch,
    ),
    salts: new Map([...keys.salts].filter(([partner]) => !destroyed.has(`salt ${partner}`))),
  };
}

/**
 * A view on pseudonym keys that never gives out what the journal says is destroyed, however it came back. Answers the
 * same object as long as neither has changed.
 */
export function createKeyGuard(events: () => KeyEvents): (keys: PseudonymKeys) => PseudonymKeys {
  let known:
    | { readonly keys: PseudonymKeys; readonly count: number; readonly last: unknown; readonly safe: PseudonymKeys }
    | undefined;
  return (keys) => {
    const now = events();
    const last = now.at(-1);
    if (known?.keys !== keys || known.count !== now.length || known.last !== last) {
      known = { keys, count: now.length, last, safe: withoutDestroyed(keys, toKeysOnRecord(now)) };
    }
    return known.safe;
  };
}
