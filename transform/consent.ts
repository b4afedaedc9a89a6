import type { SealedPerson } from "../schemas/event.ts";

/** A person's choices as they hold for one event. */
export interface ConsentInForce {
  readonly behaviour: boolean;
  readonly feedback: boolean;
}

/**
 * The consent that held for an event: what the site vouches for in the token the event came with. Only an explicit
 * yes counts; silence is no consent.
 *
 * Pure.
 *
 * @see GDPR Art. 4(11), 7(1)
 */
export function toConsent({ consent }: SealedPerson): ConsentInForce {
  return { behaviour: consent?.behaviour === true, feedback: consent?.feedback === true };
}
