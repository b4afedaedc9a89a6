import { toDayWords, toPlainText } from "../../reporting/words.ts";
import type { InstructionScope } from "../../schemas/journal.ts";
import { listInstructions, setInstruction } from "../rights/instructions.ts";
import { type ContactScene, tellAll } from "./contacts.ts";
import type { LinkParts } from "./links.ts";
import type { InstructionOutcome } from "./officer-pages.ts";
import { toOfficerActor } from "./officers.ts";

const WORDS: Readonly<Record<InstructionScope, string>> = {
  rights: "that its people's requests are answered",
  named_people: "that its own systems may be given use by named people",
};

/**
 * Puts an instruction of an officer's own Partner on file, or takes it off, and tells all its Link Officers. What is
 * given by this form is a documented instruction (GDPR Art. 28(3)(a)): the reference says that it came this way, when
 * and from which account; who that is only the Partner's contacts tell.
 *
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 */
export async function changeInstruction(
  parts: LinkParts,
  { partner, officer }: ContactScene,
  { scope, on, by }: { readonly scope: InstructionScope; readonly on: boolean; readonly by: string },
): Promise<InstructionOutcome> {
  const { service } = parts;
  const isOn = listInstructions(service, partner.id).some((filed) => filed.scope === scope);
  if (isOn === on) return "unchanged";
  const actor = toOfficerActor(officer.who);
  const day = toDayWords(new Date(service.clock.nowMs()).toISOString(), "UTC");
  const reference = `portal, ${actor}, ${day}`;
  await setInstruction(service, { partner: partner.id, scope, on, reference }, actor);
  const change = `${by} has ${on ? "instructed" : "revoked the instruction"} for ${toPlainText(partner.name)} ${WORDS[scope]}.`;
  await tellAll(parts, partner, change);
  return on ? "given" : "revoked";
}
