import { setImmediate as nextTurn } from "node:timers/promises";
import { toSubjectRef } from "../../ingest/seal.ts";
import { ACCOUNT_KINDS, type AccountKind } from "../../schemas/event.ts";
import type { Pseudonym, SubjectRef } from "../../schemas/ids.ts";
import { isHeld, type JournalPerson, type JournalState, type PersonChoices } from "../../schemas/journal.ts";
import type { PseudonymKeys } from "../../schemas/keyring.ts";
import { type Realm, toKnownPseudonyms } from "../../transform/pseudonym.ts";
import { UsageError } from "../command-io.ts";
import { RightsRefused, type RightsService } from "./refusal.ts";

/** Whose people are meant. */
export interface AskedAccount {
  readonly acct: AccountKind;
  /** Partner id; empty for subscriber and public accounts. */
  readonly partner: string;
}

/** The people that a right is exercised for. User ids live in memory only. */
export interface AskedPeople extends AskedAccount {
  /** User ids as the site's CMS has them. */
  readonly subs: readonly string[];
}

/** A person as the rights work with them: nothing of the user id is left. */
export interface RightsPerson extends JournalPerson {
  readonly acct: AccountKind;
}

/** A pseudonym that rows of a person may carry, and where. */
export interface PersonPseudonym {
  /** The person's place in the list of the asked, from 0. */
  readonly person: number;
  readonly partner: string;
  readonly realm: Realm;
  readonly epoch: number;
  readonly pseudonym: Pseudonym;
}

/** People between two turns of the event loop: some ten milliseconds of key derivation. */
const PEOPLE_PER_TURN = 200;
/** Longest user id, characters: a token's `sub` has at most as many. */
const SUB_LENGTH_MAX = 255;

/** Reads the kind of account and its Partner from flags. Throws UsageError. */
export function parseAccount(acct = "partner", partner = ""): AskedAccount {
  const kind = ACCOUNT_KINDS.find((known) => known === acct);
  if (kind === undefined)
    throw new UsageError(`"${acct}" is no kind of account: it must be one of ${ACCOUNT_KINDS.join(", ")}.`);
  if (kind === "partner" && partner === "") throw new UsageError("--partner ID is required: whose person is it?");
  if (kind !== "partner" && partner !== "")
    throw new UsageError(`--partner "${partner}" does not go with --acct ${kind}: such accounts belong to no Partner.`);
  return { acct: kind, partner };
}

/** User ids, one a line, empty lines and repeats left out. Throws UsageError if there is none, or one is too long. */
export function parseSubs(text: string): readonly string[] {
  const subs = [
    ...new Set(
      text
        .replace(/^\uFEFF/, "")
        .split(/\r?\n/)
        .map((line) => line.trim()),
    ),
  ].filter((sub) => sub !== "");
  if (subs.length === 0) throw new UsageError("Nobody is named: the list of user ids must have one a line.");
  if (subs.some((sub) => sub.length > SUB_LENGTH_MAX))
    throw new UsageError(
      `A line of the list is longer than ${SUB_LENGTH_MAX} characters: it must have one user id a line.`,
    );
  return subs;
}

/** The people of a request, by the references that the journal and the log know them by. */
export function toPeople(
  service: Pick<RightsService, "keyFiles">,
  { acct, partner, subs }: AskedPeople,
): readonly RightsPerson[] {
  const { sealKey } = service.keyFiles.collectorKeys();
  const ptn = acct === "partner" ? partner : "";
  return subs.map((sub) => ({ acct, ptn, ref: toSubjectRef(sealKey, acct, ptn, sub) }));
}

/** Every pseudonym that rows of these people may carry, of every key epoch that can still be derived. */
export async function toPersonPseudonyms(
  keys: PseudonymKeys,
  people: readonly JournalPerson[],
  choices: ReadonlyMap<SubjectRef, Pick<PersonChoices, "consents">>,
): Promise<readonly PersonPseudonym[]> {
  const all: PersonPseudonym[] = [];
  for (const [person, { ref, ptn }] of people.entries()) {
    for (const known of toKnownPseudonyms(keys, { ref, ptn }, choices.get(ref))) {
      all.push({ person, partner: ptn, ...known });
    }
    if (person % PEOPLE_PER_TURN === PEOPLE_PER_TURN - 1) await nextTurn();
  }
  return all;
}

/**
 * Refuses an act on a Partner's people without the Partner's instruction: it is the controller, and we act on its
 * written instruction only. For subscribers and public accounts we are the controller ourselves.
 *
 * @throws RightsRefused if the Partner is not on file, has given no instruction, or its salt is destroyed
 * @see GDPR Art. 28(3)(a)
 */
export function refuseWithoutInstruction(
  service: Pick<RightsService, "journal" | "keyFiles">,
  { acct, partner }: AskedAccount,
  what: string,
): void {
  if (acct !== "partner") return;
  const journal = service.journal();
  if (!journal.partners.has(partner)) {
    throw new RightsRefused(
      "partner_unknown",
      `Cannot ${what} people of "${partner}": no Partner of that id is on file. Import it with \`roebuck partners import FILE.csv\`.`,
    );
  }
  if (journal.instructions.get(partner)?.has("rights") !== true) {
    throw new RightsRefused(
      "no_instruction",
      `Cannot ${what} people of "${partner}": the Partner is the controller, and its instruction "rights" must be on file. ` +
        `Once you have it in writing: roebuck instruction set ${partner} --scope rights --reference TEXT`,
    );
  }
  if (!service.keyFiles.pseudonymKeys().salts.has(partner)) {
    throw new RightsRefused(
      "salt_missing",
      `Cannot ${what} people of "${partner}": the Partner's salt is not in the key file. If it was destroyed, nobody can be found any more; otherwise restore the key file.`,
    );
  }
}

/** Refuses while a legal hold covers the Partner (GDPR Art. 17(3)(e)). Throws RightsRefused. */
export function refuseUnderHold(journal: JournalState, partner: string, what: string): void {
  if (!isHeld(journal, partner)) return;
  const hold = [...journal.holds.values()].find((one) => one.partner === undefined || one.partner === partner);
  const whose = partner === "" ? "accounts without a Partner" : `people of "${partner}"`;
  throw new RightsRefused(
    "legal_hold",
    `Cannot ${what} ${whose}: the legal hold "${hold?.id}" (${hold?.reference}) is on. Restrict the processing instead, or wait until the hold is lifted.`,
  );
}
