import { CommandError } from "../command-io.ts";

/** What can be destroyed: the root of an epoch, or a Partner's salt (`partner` empty: subscriber and public accounts). */
export type DestroyTarget =
  | { readonly kind: "epoch"; readonly epoch: number }
  | { readonly kind: "salt"; readonly partner: string };

/** How the command line names the salt of subscriber and public accounts, which have no Partner. */
export const NO_PARTNER = "-";

/** Reads the words after `keys destroy`. Throws CommandError. */
export function parseTarget(kind: string, id: string): DestroyTarget {
  if (kind === "epoch" && /^[1-9]\d{0,4}$/.test(id)) return { kind, epoch: Number(id) };
  if (kind === "salt" && id !== "") return { kind, partner: id === NO_PARTNER ? "" : id };
  throw new CommandError(
    `Cannot destroy "${kind} ${id}": it must be \`epoch N\` or \`salt PARTNER\` ("${NO_PARTNER}" for accounts without a Partner). \`roebuck keys list\` has them.`,
  );
}

/** A target as the journal names it: `epoch 3`, `salt acme`. */
export function toKeyName(target: DestroyTarget): string {
  return target.kind === "epoch" ? `epoch ${target.epoch}` : `salt ${target.partner}`;
}
