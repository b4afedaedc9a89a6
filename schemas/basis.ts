import { ACCOUNT_KINDS, type AccountKind, PURPOSES, type Purpose } from "./event.ts";
import type { ConsentPurpose, PartnerStanding } from "./journal.ts";
import type { DropReason } from "./verdict.ts";

/** Every kind of visitor: the kinds of account, and whoever is not signed in. */
export const VISITOR_KINDS = [...ACCOUNT_KINDS, "anonymous"] as const;
/** One of the kinds of visitor. */
export type VisitorKind = (typeof VISITOR_KINDS)[number];

/** Every purpose: those that concern a person, and anonymous counting. */
export const ALL_PURPOSES = [...PURPOSES, "statistics"] as const;
/** One of all purposes. */
export type AnyPurpose = (typeof ALL_PURPOSES)[number];

/**
 * What allows a purpose for a kind of visitor:
 * `contract`: the contract with the Partner or subscriber needs it (GDPR Art. 6(1)(b), (f));
 * `behaviour`, `feedback`: only with that consent (Art. 6(1)(a));
 * `link_by_feedback`: given voluntarily, so it is kept, but combined with the person only with that consent;
 * `anonymous`: sums in which nobody can be known (Recital 26);
 * `none`: nothing allows it.
 */
export type Basis = "contract" | "behaviour" | "feedback" | "link_by_feedback" | "anonymous" | "none";

/** The whole rule: visitor, purpose, basis. What is not in the table is not kept. */
export const BASIS = {
  partner: { engagement: "contract", behaviour: "behaviour", feedback: "link_by_feedback", statistics: "none" },
  subscriber: { engagement: "contract", behaviour: "behaviour", feedback: "link_by_feedback", statistics: "none" },
  // No contract: consent for everything. Page use is observed behaviour, so that consent is the one that covers it.
  public: { engagement: "behaviour", behaviour: "behaviour", feedback: "feedback", statistics: "none" },
  anonymous: { engagement: "none", behaviour: "none", feedback: "none", statistics: "anonymous" },
} as const satisfies Record<VisitorKind, Record<AnyPurpose, Basis>>;

/**
 * The purposes for which a consent was needed to keep rows of a person: what is removed when what was collected by that
 * consent is to go. Of a public account engagement rests on the consent to behaviour, too. Pure.
 */
export function toPurposesByConsent(acct: AccountKind, consent: ConsentPurpose): readonly Purpose[] {
  return PURPOSES.filter((purpose) => {
    const basis: Basis = BASIS[acct][purpose];
    return basis === consent || basis === `link_by_${consent}`;
  });
}

/** Whether each consent is in force for an event. */
export interface Consents {
  readonly behaviour: boolean;
  readonly feedback: boolean;
}

/** All that decides about one event. */
export interface Circumstances {
  /** As it lies in the log: a newer collector may know more kinds than we do. */
  readonly visitor: string;
  /** `undefined` if the type of the event is not known. */
  readonly purpose: AnyPurpose | undefined;
  /** How the person's Partner stands; `active` for whoever has none. */
  readonly partner: PartnerStanding;
  /** It happened, or was received, before the person's erasure, or the removal of what was collected for its purpose. */
  readonly erased: boolean;
  readonly restricted: boolean;
  /** The person has objected to this purpose. */
  readonly objected: boolean;
  readonly consents: Consents;
}

/** What becomes of an event: kept with the person's pseudonym, kept without one, counted only, or dropped. */
export type Treatment =
  | { readonly kept: "linked" | "unlinked" | "counted" }
  | { readonly dropped: Extract<DropReason, TreatmentReason> };

type TreatmentReason =
  | "partner_unknown"
  | "partner_left"
  | "erased"
  | "restricted"
  | "objected"
  | "no_consent"
  | "no_basis";

const LINKED = { kept: "linked" } as const;
const UNLINKED = { kept: "unlinked" } as const;
const COUNTED = { kept: "counted" } as const;

/**
 * The treatment that the law allows. Fails closed: a kind of visitor or a purpose that the table does not name is
 * dropped. The first circumstance that forbids decides the reason, in the order of the drop reasons.
 *
 * Pure.
 *
 * @see GDPR Art. 5(1)(a), 6(1), 17, 18, 21, 28(3)(a)
 */
export function toTreatment(circumstances: Circumstances): Treatment {
  const { visitor, purpose, partner, erased, restricted, objected, consents } = circumstances;
  if (partner === "unknown") return { dropped: "partner_unknown" };
  if (partner === "left") return { dropped: "partner_left" };
  if (erased) return { dropped: "erased" };
  if (restricted) return { dropped: "restricted" };
  if (objected) return { dropped: "objected" };
  if (purpose === undefined || !Object.hasOwn(BASIS, visitor)) return { dropped: "no_basis" };
  const basis: Basis = BASIS[visitor as VisitorKind][purpose]; // checked on the line above
  switch (basis) {
    case "contract":
      return LINKED;
    case "behaviour":
      return consents.behaviour ? LINKED : { dropped: "no_consent" };
    case "feedback":
      return consents.feedback ? LINKED : { dropped: "no_consent" };
    case "link_by_feedback":
      return consents.feedback ? LINKED : UNLINKED;
    case "anonymous":
      return COUNTED;
    case "none":
      return { dropped: "no_basis" };
  }
}

const WORDS: Readonly<Record<string, string>> = {
  linked: "kept with the pseudonym",
  unlinked: "kept without a pseudonym",
  counted: "counted only",
};

/** What becomes of an event, in words, for each consent that could be in force. Rows of the documentation, made by asking {@link toTreatment}. */
export function toBasisRows(): readonly (readonly string[])[] {
  const free = { partner: "active", erased: false, restricted: false, objected: false } as const;
  return VISITOR_KINDS.flatMap((visitor) =>
    ALL_PURPOSES.map((purpose) => {
      const ask = (behaviour: boolean, feedback: boolean) =>
        toWords(toTreatment({ ...free, visitor, purpose, consents: { behaviour, feedback } }));
      return [visitor, purpose, ask(false, false), ask(true, false), ask(false, true)];
    }),
  );
}

/** What forbids keeping whatever the basis, with the reason that is counted. Rows of the documentation, as above. */
export function toForbiddenRows(): readonly (readonly string[])[] {
  const kept: Circumstances = {
    visitor: "partner",
    purpose: "engagement",
    partner: "active",
    erased: false,
    restricted: false,
    objected: false,
    consents: { behaviour: true, feedback: true },
  };
  const cases: readonly [string, Partial<Circumstances>][] = [
    ["The Partner is not on file", { partner: "unknown" }],
    ["The Partner has left", { partner: "left" }],
    ["It happened or was received before the person's erasure, or the removal of its purpose", { erased: true }],
    ["The person has had processing restricted", { restricted: true }],
    ["The person has objected to the purpose", { objected: true }],
    ["The type of event or kind of account is not known", { purpose: undefined }],
  ];
  return cases.map(([words, change]) => [words, toWords(toTreatment({ ...kept, ...change }))]);
}

function toWords(treatment: Treatment): string {
  return "kept" in treatment ? (WORDS[treatment.kept] ?? "") : `dropped as \`${treatment.dropped}\``;
}
