import type { InstructionScope } from "../../schemas/journal.ts";
import { writeAudit } from "../audit.ts";
import { toRemark } from "../remark.ts";
import { RightsRefused, type RightsService, withRefusalsNoted } from "./refusal.ts";

/** A Partner's written instruction that is in force. */
export interface FiledInstruction {
  readonly partner: string;
  readonly scope: InstructionScope;
  /** Where the letter is filed. */
  readonly reference: string;
  /** When it was put on file, UTC. */
  readonly sinceMs: number | undefined;
}

/**
 * Puts a Partner's written instruction on file, or takes it off: the Partner is the controller of its people's data
 * and we act on its documented instruction only (GDPR Art. 28(3)(a)).
 *
 * @throws RightsRefused if the Partner is not on file
 */
export async function setInstruction(
  service: RightsService,
  given: {
    readonly partner: string;
    readonly scope: InstructionScope;
    readonly on: boolean;
    readonly reference: string;
  },
  actor: string,
): Promise<void> {
  const { partner, scope, on } = given;
  const reference = toRemark(given.reference);
  const entry = { actor, action: on ? "instruction.set" : "instruction.revoke" };
  await withRefusalsNoted(service, { ...entry, partner }, () => {
    if (!service.journal().partners.has(partner)) {
      throw new RightsRefused(
        "partner_unknown",
        `Cannot file an instruction of "${partner}": no Partner of that id is on file. Import it with \`roebuck partners import FILE.csv\`.`,
      );
    }
    if (!on && service.journal().instructions.get(partner)?.has(scope) !== true) {
      throw new RightsRefused(
        "not_possible",
        `Cannot revoke the instruction ${scope} of "${partner}": none is on file. \`roebuck instruction list\` shows those that are.`,
      );
    }
  });
  await writeAudit(service, { ...entry, subject: partner, detail: { scope } });
  await service.decide([{ kind: "instruction", atMs: service.clock.nowMs(), partner, scope, on, reference }]);
}

/** The instructions in force, of one Partner or of all, by Partner id. */
export function listInstructions(service: Pick<RightsService, "journal">, only?: string): readonly FiledInstruction[] {
  const { instructions, decidedMs } = service.journal();
  return [...instructions]
    .filter(([partner]) => only === undefined || partner === only)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([partner, scopes]) =>
      [...scopes].map(([scope, reference]) => ({
        partner,
        scope,
        reference,
        sinceMs: decidedMs.get(`instruction ${partner} ${scope}`),
      })),
    );
}
