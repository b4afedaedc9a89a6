import type { SealedPerson } from "../schemas/event.ts";
import { type RegisteredSite, type RequestFacts, refusePartner } from "./collect.ts";
import { RateLimit } from "./limits.ts";
import type { CollectorParts } from "./parts.ts";
import type { Refusal } from "./problem.ts";
import { createTokenReader, type TokenOutcome, type TokenReader } from "./token.ts";

/** Forged tokens from one address prefix whose signatures are checked in a minute; more are turned away unread. */
const FORGERIES_PER_MINUTE = 300;

/** What a request is known by before its body is read. */
export interface Arrival {
  readonly facts: RequestFacts;
  /** Of the client's address: for limits, never for keeping. */
  readonly prefix: string;
}

/** Tells who a token speaks for, if it is good, its Partner is with us and the person has requests left. */
export class Admission {
  readonly #journal: CollectorParts["journal"];
  readonly #tokens: TokenReader;
  readonly #personLimit: RateLimit;
  readonly #forgeryLimit = new RateLimit(FORGERIES_PER_MINUTE);

  constructor({ keys, journal, settings }: Pick<CollectorParts, "keys" | "journal" | "settings">) {
    this.#journal = journal;
    this.#tokens = createTokenReader(keys);
    this.#personLimit = new RateLimit(settings.ratePerPerson);
  }

  /** The answer if no signature has to be checked for it: at once, since nearly every token has been seen before. */
  recall(token: string, site: RegisteredSite, { facts }: Arrival): SealedPerson | Refusal | undefined {
    const outcome = this.#tokens.recall(token, site.id, facts.receivedMs);
    return outcome === undefined ? undefined : this.#admit(outcome, facts);
  }

  /** The answer by the token's signature. */
  async verify(token: string, site: RegisteredSite, { facts, prefix }: Arrival): Promise<SealedPerson | Refusal> {
    const waitS = this.#forgeryLimit.waitS(prefix, facts.receivedMs);
    if (waitS > 0) return { refused: "rate_limited", retryAfterS: waitS };
    const outcome = await this.#tokens.verify(token, site.id, facts.receivedMs);
    if (outcome === "token_invalid") this.#forgeryLimit.take(prefix, facts.receivedMs);
    return this.#admit(outcome, facts);
  }

  #admit(outcome: TokenOutcome, { receivedMs, optedOut }: RequestFacts): SealedPerson | Refusal {
    if (typeof outcome === "string") return { refused: outcome };
    const person = optedOut ? outcome.personOptedOut : outcome.person;
    const refusal = refusePartner(person, this.#journal(), receivedMs);
    if (refusal !== undefined) return refusal;
    // All tokens of a person share this one, so a token has no limit of its own: it would never be reached first.
    const waitS = this.#personLimit.take(person.ref, receivedMs);
    return waitS > 0 ? { refused: "rate_limited", retryAfterS: waitS } : person;
  }
}
