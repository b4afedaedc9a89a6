import { z } from "zod";
import { WIRE_CHOICES, WIRE_TIME, WIRE_WORDING } from "../schemas/beacon.ts";
import { ACCOUNT_KINDS } from "../schemas/event.ts";
import { type EpochMs, type SubjectRef, toEpochMs } from "../schemas/ids.ts";
import { type ConsentSource, type Decision, type JournalState, toPartnerStanding } from "../schemas/journal.ts";
import { type Choice, toConsentDecisions } from "./choices.ts";
import type { Refusal } from "./problem.ts";
import { toSubjectRef } from "./seal.ts";
import { toDetail } from "./wire.ts";

/** Most choices in one request. */
export const CHOICES_MAX = 1_000;

const TOLD = z
  .object({
    acct: z.enum(ACCOUNT_KINDS),
    partner: z.string().min(1).max(60).optional(),
    sub: z.string().min(1).max(255),
    choices: WIRE_CHOICES,
    wording: WIRE_WORDING,
    at: WIRE_TIME.optional(),
  })
  .refine(({ acct, partner }) => (acct === "partner") === (partner !== undefined), {
    error: "partner must be given for a partner account, and for no other",
  });

const BODY = z.union([TOLD.transform((told) => [told]), z.array(TOLD).min(1).max(CHOICES_MAX)]);

/** What choices are told to. */
export interface ConsentParts {
  readonly sealKey: Uint8Array;
  readonly journal: JournalState;
  readonly nowMs: EpochMs;
  /** Whether the caller may speak for a Partner's people; `""` stands for accounts without a Partner. */
  reaches(partner: string): boolean;
  /** Notes who told how many, durably, before it is done. Partner: empty if several are meant. */
  note(receipt: ConsentReceipt, partner: string): Promise<void>;
  /** Writes decisions; resolves when they are durable and in force. */
  decide(decisions: readonly Decision[]): Promise<void>;
}

/** How many choices were told, and how many of their answers changed something. */
export interface ConsentReceipt {
  readonly received: number;
  readonly changed: number;
}

/**
 * Takes choices that a server of the site tells: one `{acct, partner, sub, choices, wording, at}` or a list of up to
 * {@link CHOICES_MAX}. Without `at` they were made now; a time in the past is believed, one in the future is refused.
 * All are taken or none. It is noted before it is done.
 *
 * @param body as it was parsed from JSON
 * @throws LogUnavailable if the journal is away; telling the same again does no harm
 */
export async function takeConsents(
  body: unknown,
  source: ConsentSource,
  { sealKey, journal, nowMs, reaches, note, decide }: ConsentParts,
): Promise<ConsentReceipt | Refusal> {
  const parsed = BODY.safeParse(body);
  if (!parsed.success) {
    const schema = Array.isArray(body) ? z.array(TOLD).min(1).max(CHOICES_MAX) : TOLD;
    return { refused: "body_invalid", detail: toDetail(schema.safeParse(body).error?.issues ?? []) };
  }
  // Of one person all at once: an answer that a list says twice changes something once.
  const told = new Map<SubjectRef, { readonly ptn: string; readonly choices: Choice[] }>();
  for (const [index, { acct, partner = "", sub, choices, wording, at }] of parsed.data.entries()) {
    if (!reaches(partner)) return { refused: "partner_forbidden" };
    if (acct === "partner") {
      const standing = toPartnerStanding(journal, partner, nowMs);
      if (standing === "left") return { refused: "partner_left" };
      if (standing === "unknown") return { refused: "partner_unknown" };
    }
    if (at !== undefined && at > nowMs) {
      const field = Array.isArray(body) ? `${index}.at` : "at";
      return { refused: "body_invalid", detail: `${field}: must not lie in the future.` };
    }
    const ref = toSubjectRef(sealKey, acct, partner, sub);
    const known = told.get(ref) ?? { ptn: partner, choices: [] };
    known.choices.push({ choices, wording, atMs: toEpochMs(at ?? nowMs) });
    told.set(ref, known);
  }
  const decisions = [...told].flatMap(
    ([ref, { ptn, choices }]) => toConsentDecisions({ ref, ptn }, source, choices, journal.people.get(ref)).decisions,
  );
  const receipt = { received: parsed.data.length, changed: decisions.length };
  const partners = new Set([...told.values()].map(({ ptn }) => ptn));
  await note(receipt, partners.size === 1 ? ([...partners][0] ?? "") : "");
  if (decisions.length > 0) await decide(decisions);
  return receipt;
}
