import { type JournalChain, toHash } from "../../transform/journal-chain.ts";
import { toChain } from "./journal-copy.ts";

/** The records of a journal, and the chain that they are. */
export interface ReadJournal {
  readonly records: readonly Uint8Array[];
  readonly chain: JournalChain;
}

/** What makes the journal here the one that reaches furthest. */
export type JournalPlan =
  /** It is already. */
  | { readonly kind: "keep" }
  /** These records follow. */
  | { readonly kind: "append"; readonly records: readonly Uint8Array[] }
  /** All of it is written anew: a carry-over has removed what stands here, or what stands here was changed. */
  | { readonly kind: "replace"; readonly records: readonly Uint8Array[] };

/**
 * Takes whichever of the journal here and its copy reaches further: it never goes backwards. Pure.
 *
 * @returns `fork` if each has decisions that the other lacks: then neither may be taken for the other
 */
export function chooseJournal(here: ReadJournal, copy: ReadJournal | undefined): JournalPlan | "fork" {
  if (copy === undefined || here.chain.hasHead(copy.chain.head())) return { kind: "keep" };
  const head = here.chain.head();
  if (!copy.chain.hasHead(head)) return "fork";
  if (here.records.length === 0) return { kind: "append", records: copy.records };
  const place = copy.records.findIndex((record) => toHash(record) === head.hash);
  if (place === -1) return { kind: "replace", records: copy.records };
  return { kind: "append", records: copy.records.slice(place + 1) };
}

/**
 * Mends a journal that cannot be trusted: up to where the copy reaches the copy holds, and what stands here after that
 * must follow from it, entry by entry. Pure.
 *
 * @returns `lost` if it does not: then decisions that nobody has a copy of were changed
 */
export function mendJournal(
  here: readonly Uint8Array[],
  copy: ReadJournal,
): Extract<JournalPlan, { kind: "replace" }> | "lost" {
  const known = new Set(copy.records.map(toHash));
  const rest = here.slice(here.findLastIndex((record) => known.has(toHash(record))) + 1);
  const chain = toChain(copy.records);
  try {
    for (const record of rest) chain.read(record);
  } catch {
    return "lost";
  }
  return { kind: "replace", records: [...copy.records, ...rest] };
}
