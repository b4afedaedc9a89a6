import { toPurposesByConsent } from "../../schemas/basis.ts";
import type { AccountKind, Purpose } from "../../schemas/event.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import type { ConsentPurpose, Decision, JournalPerson, JournalState } from "../../schemas/journal.ts";
import { RightsRefused } from "./refusal.ts";

/** That only what was collected by a consent is to go, not the whole person. */
export interface AskedRemoval {
  readonly purpose: ConsentPurpose;
  /** The person withdraws the consent by the same request. */
  readonly withdraw: boolean;
}

/** The same with the purposes whose rows rest on the consent. */
export interface Removal extends AskedRemoval {
  readonly purposes: readonly Purpose[];
}

/** What a removal comes to for a kind of account. Pure. */
export function toRemoval(acct: AccountKind, asked: AskedRemoval | undefined): Removal | undefined {
  return asked === undefined ? undefined : { ...asked, purposes: toPurposesByConsent(acct, asked.purpose) };
}

/** Tells whether a person's last word on a purpose, as the journal has it, is yes. What a token says is not on file. Pure. */
export function hasConsented(
  journal: Pick<JournalState, "people">,
  { ref }: JournalPerson,
  purpose: ConsentPurpose,
): boolean {
  const known = journal.people.get(ref);
  const { consents = [], erasedMs = -1 } = known ?? {};
  return consents.findLast((change) => change.purpose === purpose && change.atMs > erasedMs)?.granted === true;
}

/**
 * Refuses to remove what was collected by a consent that is in force: what would be removed today would be collected again
 * tomorrow, and to withdraw is the person's own choice, which an officer must not make by the way.
 *
 * @throws RightsRefused; the message says how many, never who
 * @see GDPR Art. 7(3), 17(1)(b)
 */
export function refuseWhileConsented(
  journal: Pick<JournalState, "people">,
  people: readonly JournalPerson[],
  { purpose, withdraw }: AskedRemoval,
): void {
  if (withdraw) return;
  const count = people.filter((person) => hasConsented(journal, person, purpose)).length;
  if (count === 0) return;
  throw new RightsRefused(
    "consent_in_force",
    `Cannot remove ${purpose} of ${people.length} people: the consent of ${count} of them is in force and must be withdrawn first. ` +
      "Let the site tell the withdrawal, or, if the person withdraws by this request, give --withdraw (withdraw: true).",
  );
}

/** The decisions for one person: the withdrawal, if it comes with the request and the consent is in force, and the removals. Pure. */
export function toRemovalDecisions(
  journal: Pick<JournalState, "people">,
  { ref, ptn }: JournalPerson,
  removal: Removal & { readonly request: string },
  nowMs: EpochMs,
  untilMs: EpochMs,
): readonly Decision[] {
  const { purpose, purposes, request } = removal;
  const isWithdrawn = removal.withdraw && hasConsented(journal, { ref, ptn }, purpose);
  const withdrawal = { kind: "consent", ref, ptn, purpose, granted: false, atMs: nowMs, source: "operator" } as const;
  return [
    // No wording was shown: the request is what tells of the choice.
    ...(isWithdrawn ? [{ ...withdrawal, wording: request }] : []),
    ...purposes.map((one): Decision => ({ kind: "removal", ref, ptn, purpose: one, atMs: untilMs })),
  ];
}
