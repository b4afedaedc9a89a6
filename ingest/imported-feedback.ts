import { SEALED_VERSION, type SealedBeacon } from "../schemas/event.ts";
import type { EpochMs, EventId } from "../schemas/ids.ts";
import { toDerivedId } from "./derived-id.ts";
import { NO_AGENT } from "./import-line.ts";
import { maskId, maskText } from "./mask.ts";
import { LENGTHS, toAttendedEvent } from "./minimise.ts";
import { type ToldFeedback, toDigest } from "./reports/feedback-file.ts";
import { sealPerson, withoutConsent } from "./seal.ts";

/** What feedback of one file is sealed under. */
export interface FeedbackSource {
  readonly sealKey: Uint8Array;
  readonly site: string;
  readonly receivedMs: EpochMs;
  /** How many lines with this digest came before in the same file. */
  ordinal(digest: number): number;
}

/** One line of feedback, sealed. */
export interface SealedFeedback {
  readonly sealed: SealedBeacon;
  /** Its id of before 2026-11-26, when ids had no Partner that the line does not name: a file of then is known by it. */
  readonly formerId: EventId;
}

/**
 * One line of feedback as the log holds it: the person sealed, the comment masked as on the wire. Whether it is combined
 * with the person is for the transform to decide, by the consent that the journal knows; a file grants none.
 *
 * Of nobody in particular it is sealed under an empty user id, which no user has, with a no to combining it: it is kept
 * under its Partner and linked to nobody. The id depends on the line and the Partner alone, so that a file counts once for
 * each Partner that it is given for.
 */
export function toSealedFeedback(told: ToldFeedback, source: FeedbackSource): SealedFeedback {
  const { sealKey, site, receivedMs, ordinal } = source;
  const { person, resource, event, score, comment, sameAs, namesPartner, atMs } = told;
  const sealed =
    "nobodyOf" in person
      ? withoutConsent(sealPerson(sealKey, { sub: "", acct: "partner", ptn: person.nobodyOf }))
      : sealPerson(sealKey, {
          sub: person.sub,
          acct: person.acct,
          ...(person.ptn === "" ? {} : { ptn: person.ptn }),
          ...(person.dept === "" ? {} : { dept: person.dept }),
        });
  const text = `feedback\n${ordinal(toDigest(sameAs))}\n${sameAs}`;
  const formerId = toDerivedId(sealKey, text);
  const id = namesPartner || sealed.ptn === "" ? formerId : toDerivedId(sealKey, `${text}\n${sealed.ptn}`);
  const beacon: SealedBeacon = {
    kind: "beacon",
    v: SEALED_VERSION,
    origin: "import",
    site,
    receivedMs,
    person: sealed,
    agent: NO_AGENT,
    country: "",
    events: [
      {
        id,
        type: "feedback",
        atMs,
        path: "",
        ...(resource === "" ? {} : { resource: { id: maskId(resource, LENGTHS.id), type: "" } }),
        ...(event === "" ? {} : { event: toAttendedEvent({ id: event }) }),
        ...(score === undefined ? {} : { score }),
        ...(comment === "" ? {} : { comment: maskText(comment, LENGTHS.comment) }),
      },
    ],
  };
  return { sealed: beacon, formerId };
}
