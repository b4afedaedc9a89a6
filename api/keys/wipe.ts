import type { KeyFiles } from "../key-files.ts";

/** Takes roots and salts out of the store for good; `keys` as the journal names them: `epoch 3`, `salt acme`. */
export function wipeKeys(keyFiles: Pick<KeyFiles, "changePseudonym">, keys: readonly string[]): void {
  keyFiles.changePseudonym(
    (content) => ({
      ...content,
      epochs: content.epochs.map((one) =>
        keys.includes(`epoch ${one.epoch}`) ? { epoch: one.epoch, from: one.from } : one,
      ),
      salts: Object.fromEntries(Object.entries(content.salts).filter(([partner]) => !keys.includes(`salt ${partner}`))),
    }),
    { shred: true },
  );
}
