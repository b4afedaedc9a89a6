import type { SealedPerson } from "../schemas/event.ts";
import type { EpochMs } from "../schemas/ids.ts";
import { type JournalState, toPartnerStanding } from "../schemas/journal.ts";
import type { Verdict } from "../schemas/verdict.ts";

/**
 * Keeps what the people of a Partner do only while that Partner is on file and has not left; other kinds of account
 * have no Partner to ask about.
 *
 * The Partner is the controller and we process on its instruction only: when it leaves, processing stops at once,
 * also for what was collected before and is still on its way.
 * Pure.
 *
 * @param nowMs processing time, UTC
 * @see GDPR Art. 28(3)(a)
 */
export function dropWithoutPartner(person: SealedPerson, journal: JournalState, nowMs: EpochMs): Verdict<SealedPerson> {
  if (person.acct !== "partner") return { kept: person };
  switch (toPartnerStanding(journal, person.ptn, nowMs)) {
    case "active":
      return { kept: person };
    case "left":
      return { dropped: "partner_left" };
    case "unknown":
      return { dropped: "partner_unknown" };
  }
}
