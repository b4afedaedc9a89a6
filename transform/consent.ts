import type { SealedPerson } from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import type { ConsentChange, ConsentPurpose, PersonChoices } from "../schemas/journal.ts";

/** When the consents that held for an event were given, UTC; 0 where only the token vouches for one, `undefined`: none held. */
export interface ConsentInForce {
  readonly behaviour: number | undefined;
  readonly feedback: number | undefined;
  /**
   * Since when behaviour may be combined with what else rests on consent, UTC: the grant of behaviour, or the last
   * withdrawal of feedback if that came later. What was combined until then is never combined with anything after it.
   */
  readonly togetherSince: number | undefined;
}

/**
 * The consent that held when an event happened and was not withdrawn since.
 *
 * Where the journal knows any choice of the person for the purpose, it alone says yes; otherwise the token does. Only
 * an explicit yes counts, silence is no consent. An explicit no in the token (also by Global Privacy Control or Do
 * Not Track) always holds. A withdrawal since the event forbids it for good, even if consent was given again.
 *
 * Pure.
 *
 * @param choices what the journal says of the person
 * @param atMs when the event happened, UTC
 * @see GDPR Art. 4(11), 7(1), 7(3)
 */
export function toConsent(
  { consent }: SealedPerson,
  choices: PersonChoices | undefined,
  atMs: EpochMs,
): ConsentInForce {
  const behaviour = toGrantMs("behaviour", consent?.behaviour, choices, atMs);
  const withdrawnMs = toFeedbackWithdrawnMs(choices);
  return {
    behaviour,
    feedback: toGrantMs("feedback", consent?.feedback, choices, atMs),
    togetherSince: behaviour === undefined ? undefined : Math.max(behaviour, withdrawnMs),
  };
}

/** When feedback was last withdrawn, UTC; 0 if never, or not since an erasure: what was combined before that is gone. */
function toFeedbackWithdrawnMs(choices: PersonChoices | undefined): number {
  const { consents = [], erasedMs = 0 } = choices ?? {};
  const isEnd = ({ purpose, granted, atMs }: ConsentChange) => purpose === "feedback" && !granted && atMs > erasedMs;
  return consents.findLast(isEnd)?.atMs ?? 0;
}

function toGrantMs(
  purpose: ConsentPurpose,
  claim: boolean | undefined,
  choices: PersonChoices | undefined,
  atMs: EpochMs,
): number | undefined {
  if (claim === false) return undefined;
  const fromToken = claim === true ? 0 : undefined;
  if (choices === undefined || choices.consents.length === 0) return fromToken;
  const { consents, erasedMs } = choices;
  let isKnown = false;
  let grantMs: number | undefined;
  for (const change of consents) {
    if (change.purpose !== purpose || (erasedMs !== undefined && change.atMs <= erasedMs)) continue;
    isKnown = true;
    if (!change.granted) grantMs = undefined;
    // Saying yes again is no new beginning: only a withdrawal ends what may be combined.
    else if (change.atMs <= atMs) grantMs ??= change.atMs;
  }
  return isKnown ? grantMs : fromToken;
}
