import { INSTRUCTION_SCOPES, type InstructionScope } from "../../schemas/journal.ts";
import type { CommandArguments, Flag, ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { listInstructions, setInstruction } from "../rights/instructions.ts";
import { toTable } from "../table.ts";

const PARTNER = { name: "PARTNER", prose: "Partner id" };
const SCOPE: Flag = {
  name: "scope",
  value: "SCOPE",
  required: true,
  choices: INSTRUCTION_SCOPES,
  prose: "rights: we may answer its people's requests; named_people: its report may name people.",
};

function toScope(args: CommandArguments): InstructionScope {
  return args.flags.scope === "named_people" ? "named_people" : "rights"; // its choices were checked
}

const setCommand: ServiceCommand = {
  name: "instruction set",
  summary: "Put a Partner's written instruction on file.",
  prose: `The Partner is the controller of its people's data; we act on its written instruction only (GDPR Art. 28(3)(a)).
Without \`rights\` no request of its people is answered here.`,
  operands: [PARTNER],
  flags: [
    SCOPE,
    { name: "reference", value: "TEXT", prose: "Where the letter is filed; required, at most 200 characters." },
  ],
  on: "service",
  async run(service, args, io) {
    const reference = (args.flags.reference ?? "").trim();
    if (reference === "" || reference.length > 200)
      throw new UsageError("--reference TEXT is required, with at most 200 characters: say where the letter is filed.");
    const [partner, scope] = [args.operands.PARTNER ?? "", toScope(args)];
    await setInstruction(service, { partner, scope, on: true, reference }, io.actor);
    io.line(`The instruction ${scope} of ${partner} is on file: ${reference}`);
    return 0;
  },
};

const revokeCommand: ServiceCommand = {
  name: "instruction revoke",
  summary: "Take a Partner's instruction off file.",
  operands: [PARTNER],
  flags: [
    SCOPE,
    { name: "reference", value: "TEXT", initial: "", prose: "Where the letter is filed that revokes it." },
  ],
  on: "service",
  async run(service, args, io) {
    const [partner, scope] = [args.operands.PARTNER ?? "", toScope(args)];
    await setInstruction(service, { partner, scope, on: false, reference: args.flags.reference ?? "" }, io.actor);
    io.line(`The instruction ${scope} of ${partner} is revoked.`);
    return 0;
  },
};

const listCommand: ServiceCommand = {
  name: "instruction list",
  summary: "List the Partners' written instructions that are in force.",
  operands: [],
  flags: [{ name: "partner", value: "ID", prose: "Only this Partner." }],
  on: "service",
  async run(service, args, io) {
    const filed = listInstructions(service, args.flags.partner);
    if (filed.length === 0) {
      io.line("No instruction is on file.");
      return 0;
    }
    const rows = filed.map(({ partner, scope, reference, sinceMs }) => [
      partner,
      scope,
      sinceMs === undefined ? "" : new Date(sinceMs).toISOString().slice(0, 10),
      reference,
    ]);
    for (const line of toTable(["Partner", "Scope", "Since", "Reference"], rows)) io.line(line);
    return 0;
  },
};

/** All commands about Partners' instructions. */
export const instructionCommands: readonly ServiceCommand[] = [setCommand, revokeCommand, listCommand];
