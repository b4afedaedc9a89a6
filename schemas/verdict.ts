/**
 * Why an event that was acknowledged is not stored. Each reason is data: it is counted by day and Partner,
 * printed in every record's "how counted" trail, and has a test.
 *
 * `title` is for the record, `prose` for the documentation table that is generated from here.
 */
export const DROP_REASONS = {
  robot: {
    title: "Robots and crawlers",
    prose: "The user agent is that of a robot, crawler, monitor or headless browser (COUNTER 5.1 section 7.8).",
  },
  too_old: {
    title: "Arrived too late",
    prose:
      "The corrected time of the event lies more than `ROEBUCK_LATE_HOURS_MAX` hours (72 unless set otherwise) before the collector received it. Imported history and what servers tell are exempt.",
  },
  in_future: {
    title: "Impossible time",
    prose: "The corrected time of the event lies more than 5 minutes after the collector received it.",
  },
  expired: {
    title: "Older than the retention period",
    prose: "The event is older than the time for which raw events may be kept, so it may not be stored again.",
  },
  partner_unknown: {
    title: "Unknown Partner",
    prose: "No Partner of that id was on file when the event was processed.",
  },
  partner_left: {
    title: "Partner has left",
    prose: "The Partner's contract had ended; processing stops at once.",
  },
  erased: {
    title: "Erased at the person's request",
    prose:
      "It happened, or was received, before the person's data, or what was collected for its purpose, was erased (GDPR Art. 17); it was still on its way.",
  },
  restricted: {
    title: "Processing restricted",
    prose: "The person has had processing restricted (GDPR Art. 18): what is stored stays, nothing new is kept.",
  },
  objected: {
    title: "Objection",
    prose: "The person has objected to this purpose (GDPR Art. 21).",
  },
  no_consent: {
    title: "No consent",
    prose: "The purpose of the event needs the person's consent and none was in force (GDPR Art. 6(1)(a)).",
  },
  no_basis: {
    title: "No lawful basis",
    prose: "No rule allows this kind of event for this kind of account. What is not allowed is not kept.",
  },
} as const satisfies Record<string, { readonly title: string; readonly prose: string }>;

/** A key of the catalogue. */
export type DropReason = keyof typeof DROP_REASONS;

/** All reasons, in the order in which the pipeline checks them. */
export const DROP_REASON_NAMES = Object.keys(DROP_REASONS) as readonly DropReason[]; // keys of a constant object

/** What a step says of an event: keep it, perhaps changed, or drop it for a reason. Never thrown. */
export type Verdict<T> = { readonly kept: T } | { readonly dropped: DropReason };
