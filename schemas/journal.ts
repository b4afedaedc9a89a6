import type { EpochMs } from "./ids.ts";

/** A Partner as the pipeline needs it: no personal data, no money. The rest lies in the `partners` table. */
export interface PartnerTerms {
  readonly id: string;
  /** IANA zone; hour, day and month borders of this Partner's figures. */
  readonly zone: string;
  /** First moment of the contract, UTC. */
  readonly joinedMs: EpochMs;
  /** Processing stops at this moment, UTC; absent while the contract runs. */
  readonly leftMs?: EpochMs;
}

/** One decision. The stream is small and permanent; replaying it from the first record gives the state. */
export type JournalEntry = {
  readonly v: 1;
  readonly kind: "partner";
  readonly atMs: EpochMs;
  readonly partner: PartnerTerms;
};

/** What the journal says now. */
export interface JournalState {
  readonly partners: ReadonlyMap<string, PartnerTerms>;
}

/** Nothing decided yet. */
export const EMPTY_JOURNAL: JournalState = { partners: new Map() };

/** The state after one more entry; the last entry about a Partner holds. Pure. */
export function toJournalState(state: JournalState, entry: JournalEntry): JournalState {
  switch (entry.kind) {
    case "partner":
      return { ...state, partners: new Map(state.partners).set(entry.partner.id, entry.partner) };
  }
}

/** How a Partner stands at an instant. */
export type PartnerStanding = "unknown" | "active" | "left";

/** Tells whether a Partner's people may be measured at `nowMs` (UTC). A contract that starts later does not stop measuring. */
export function toPartnerStanding(state: JournalState, partner: string, nowMs: EpochMs): PartnerStanding {
  const terms = state.partners.get(partner);
  if (terms === undefined) return "unknown";
  return terms.leftMs !== undefined && terms.leftMs <= nowMs ? "left" : "active";
}
