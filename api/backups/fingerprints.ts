import { createHmac } from "node:crypto";
import { z } from "zod";
import type { JournalState } from "../../schemas/journal.ts";
import type { CollectorKeys, PseudonymKeys } from "../../schemas/keyring.ts";

/** Which keys a backup's rows were made with, without telling anything of them. */
export const KEY_FINGERPRINTS = z.object({
  seal: z.string(),
  /** By epoch; empty if its root was destroyed. */
  epochs: z.record(z.string(), z.string()),
  /** By Partner; the empty name is of subscriber and public accounts. */
  salts: z.record(z.string(), z.string()),
});
/** Fingerprints that passed {@link KEY_FINGERPRINTS}. */
export type KeyFingerprints = z.infer<typeof KEY_FINGERPRINTS>;

/** Fingerprints of the keys of an installation. A fingerprint cannot be turned back. Pure. */
export function toKeyFingerprints(
  { sealKey }: Pick<CollectorKeys, "sealKey">,
  { epochs, salts }: PseudonymKeys,
): KeyFingerprints {
  return {
    seal: toFingerprint("seal", sealKey),
    epochs: Object.fromEntries(
      epochs.map(({ epoch, root }) => [String(epoch), root === undefined ? "" : toFingerprint("root", root)]),
    ),
    salts: Object.fromEntries([...salts].map(([partner, salt]) => [partner, toFingerprint("salt", salt)])),
  };
}

/**
 * Names the keys of a backup that are missing or others here: with those its people could not be found any more, and
 * nothing could be erased. A key that the journal says was destroyed since is not missed. Pure.
 *
 * @returns `seal`, `epoch 3`, `salt acme`; empty if all fit
 */
export function findWrongKeys(
  wanted: KeyFingerprints,
  here: KeyFingerprints,
  { keyEvents }: Pick<JournalState, "keyEvents">,
): readonly string[] {
  const destroyed = new Set(keyEvents.filter(({ action }) => action === "destroyed").map(({ key }) => key));
  const wrong = wanted.seal === here.seal ? [] : ["seal"];
  for (const [epoch, fingerprint] of Object.entries(wanted.epochs)) {
    if (fingerprint === "" || here.epochs[epoch] === fingerprint) continue;
    if ((here.epochs[epoch] ?? "") === "" && destroyed.has(`epoch ${epoch}`)) continue;
    wrong.push(`epoch ${epoch}`);
  }
  for (const [partner, fingerprint] of Object.entries(wanted.salts)) {
    if (here.salts[partner] === fingerprint) continue;
    if (here.salts[partner] === undefined && destroyed.has(`salt ${partner}`)) continue;
    wrong.push(`salt ${partner}`);
  }
  return wrong;
}

function toFingerprint(kind: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(`roebuck fingerprint ${kind}`).digest("base64url").slice(0, 22);
}
