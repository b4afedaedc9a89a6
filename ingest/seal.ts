import { createHmac } from "node:crypto";
import type { AccountKind, SealedPerson, TokenConsent } from "../schemas/event.ts";
import type { SubjectRef } from "../schemas/ids.ts";
import { maskText } from "./mask.ts";

/** Who acted, as a token or an import line names them: with the raw user id. Lives in memory only. */
export interface NamedPerson {
  readonly sub: string;
  readonly acct: AccountKind;
  readonly ptn?: string | undefined;
  readonly dept?: string | undefined;
  readonly consent?: { readonly behaviour?: boolean | undefined; readonly feedback?: boolean | undefined } | undefined;
}

/** Longest department name kept, characters. */
const DEPT_LENGTH_MAX = 120;

/**
 * The keyed reference that stands for a user id from here on: HMAC-SHA-256 under the seal key, base64url.
 *
 * Each part goes in with its length before it, so that no two people can share an input by moving a character
 * from one part into the next. Look-ups for people's rights compute the same value from the same user id.
 *
 * @param ptn Partner id; empty for subscriber and public accounts
 * @see GDPR Art. 4(5), pseudonymisation
 */
export function toSubjectRef(sealKey: Uint8Array, acct: AccountKind, ptn: string, sub: string): SubjectRef {
  const hmac = createHmac("sha256", sealKey);
  for (const part of [acct, ptn, sub]) {
    const bytes = Buffer.from(part, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest("base64url") as SubjectRef; // the one place where the reference is made
}

/** The person as the log may hold them: reference for id, department masked, choices as given. Pure. */
export function sealPerson(sealKey: Uint8Array, person: NamedPerson): SealedPerson {
  const ptn = person.ptn ?? "";
  const consent = toConsent(person.consent);
  return {
    ref: toSubjectRef(sealKey, person.acct, ptn, person.sub),
    acct: person.acct,
    ptn,
    ...(person.dept === undefined ? {} : { dept: maskText(person.dept, DEPT_LENGTH_MAX) }),
    ...(consent === undefined ? {} : { consent }),
  };
}

/**
 * The same person with a no to everything that needs consent.
 *
 * A browser that sends Global Privacy Control or Do Not Track withdraws what the token or an earlier choice grants;
 * what the contract covers goes on.
 */
export function withoutConsent(person: SealedPerson): SealedPerson {
  return { ...person, consent: { behaviour: false, feedback: false } };
}

function toConsent(consent: NamedPerson["consent"]): TokenConsent | undefined {
  if (consent === undefined) return undefined;
  return {
    ...(consent.behaviour === undefined ? {} : { behaviour: consent.behaviour }),
    ...(consent.feedback === undefined ? {} : { feedback: consent.feedback }),
  };
}
