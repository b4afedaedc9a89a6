import type { AccountKind, Purpose } from "../schemas/event.ts";
import type { Verdict } from "../schemas/verdict.ts";
import type { ConsentInForce } from "./consent.ts";

/**
 * What allows a purpose for a kind of account:
 * `contract`: the contract with the Partner or subscriber needs it (GDPR Art. 6(1)(b), (f));
 * `behaviour`, `feedback`: only with that consent (Art. 6(1)(a));
 * `link_by_feedback`: given voluntarily, so it is kept, but combined with the person only with that consent.
 */
type Basis = "contract" | "behaviour" | "feedback" | "link_by_feedback";

/** The whole rule: account kind, purpose, basis. What is not in the table is not kept. */
export const BASIS = {
  partner: { engagement: "contract", behaviour: "behaviour", feedback: "link_by_feedback" },
  subscriber: { engagement: "contract", behaviour: "behaviour", feedback: "link_by_feedback" },
  // No contract: consent for everything. Page use is observed behaviour, so that consent is the one that covers it.
  public: { engagement: "behaviour", behaviour: "behaviour", feedback: "feedback" },
} as const satisfies Record<AccountKind, Record<Purpose, Basis>>;

/** Whether the row may carry the person's pseudonym. */
export type Linkage = "linked" | "unlinked";

const LINKED = { kept: "linked" } as const;
const UNLINKED = { kept: "unlinked" } as const;
const NO_CONSENT = { dropped: "no_consent" } as const;
const NO_BASIS = { dropped: "no_basis" } as const;

/**
 * Keeps an event only if its purpose has a lawful basis for this kind of account. Fails closed: a kind or purpose
 * that the table does not name is dropped.
 *
 * Pure.
 *
 * @param acct account kind as it lies in the log; a newer collector may know more kinds than we do
 * @param purpose purpose of the event's type; `undefined` if the type is not known
 * @see GDPR Art. 5(1)(a), 6(1); privacy policy, "Lawful basis"
 */
export function dropWithoutBasis(
  acct: string,
  purpose: Purpose | undefined,
  consent: ConsentInForce,
): Verdict<Linkage> {
  if (purpose === undefined || !Object.hasOwn(BASIS, acct)) return NO_BASIS;
  const basis: Basis = BASIS[acct as AccountKind][purpose]; // checked on the line above
  switch (basis) {
    case "contract":
      return LINKED;
    case "behaviour":
      return consent.behaviour ? LINKED : NO_CONSENT;
    case "feedback":
      return consent.feedback ? LINKED : NO_CONSENT;
    case "link_by_feedback":
      return consent.feedback ? LINKED : UNLINKED;
  }
}
