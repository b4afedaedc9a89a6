import { parseMonth } from "../schemas/ids.ts";
import { writeAudit } from "./audit.ts";
import type { CommandArguments, ServiceCommand } from "./command.ts";
import type { CommandIo } from "./command-io.ts";
import type { Service } from "./service.ts";

/**
 * How a command is seen in the audit trail: `act`: what it does notes itself, with its outcome; `command`: that it was
 * given is noted before it runs; `none`: why there is nothing to note.
 */
export type AuditNote = { readonly act: string } | { readonly command: string } | { readonly none: string };

const NO_PERSON = "shows or changes nothing of a person";
const STARTS = "starts a process, which notes what it does";

/** Every command with its place in the audit trail. A command that is not in it is not finished. */
export const AUDIT_NOTES: Readonly<Record<string, AuditNote>> = {
  serve: { none: STARTS },
  collector: { none: STARTS },
  transform: { none: STARTS },
  reporter: { none: STARTS },
  api: { none: STARTS },
  init: { none: "writes new secrets where there is no store yet" },
  demo: { none: "has invented people only" },
  settings: { none: NO_PERSON },
  snippet: { none: NO_PERSON },
  check: { none: NO_PERSON },
  record: { none: "a closed record holds no personal data" },
  "record --schema": { none: NO_PERSON },
  records: { none: "a closed record holds no personal data" },
  counter: { none: "a closed record holds no personal data" },
  close: { command: "close" },
  deliver: { command: "record.deliver" },
  runs: { none: "shows what ran, when and how it ended" },
  audit: { command: "audit" },
  sql: { command: "sql" },
  "token mint": { command: "token.mint" },
  "partners import": { command: "partners.import" },
  "partners export": { act: "partner.export" },
  "import events": { command: "import.events" },
  "import attendance": { command: "import.attendance" },
  "import matomo": { act: "import.history" },
  "import access-log": { act: "import.history" },
  "import feedback": { command: "import.feedback" },
  purge: { act: "purge" },
  backup: { act: "backup" },
  "backups list": { none: "shows counts and times of backups, nothing of anybody" },
  "backups verify": { act: "backups.verify" },
  restore: { act: "restore" },
  clocks: { act: "forget" },
  "hold set": { act: "hold.set" },
  "hold release": { act: "hold.release" },
  "hold list": { none: NO_PERSON },
  "subject lookup": { act: "subject.lookup" },
  "subject export": { act: "subject.export" },
  "subject rectify": { act: "subject.rectify" },
  "subject restrict": { act: "subject.restrict" },
  "subject unrestrict": { act: "subject.unrestrict" },
  "subject object": { act: "subject.object" },
  "subject erase": { act: "subject.erase" },
  "exports list": { none: "names files, of whose people's rows only the kind is told" },
  "requests list": { command: "requests.read" },
  "requests show": { command: "requests.read" },
  "requests open": { act: "requests.open" },
  "requests stop": { act: "requests.stop" },
  "requests resume": { act: "requests.resume" },
  "requests extend": { act: "requests.extend" },
  "requests acknowledge": { act: "requests.acknowledge" },
  "requests close": { act: "requests.close" },
  "instruction set": { act: "instruction.set" },
  "instruction revoke": { act: "instruction.revoke" },
  "instruction list": { none: NO_PERSON },
  "keys list": { act: "keys.list" },
  "keys rotate": { act: "keys.rotate" },
  "keys revoke": { act: "keys.revoke" },
  "keys destroy": { act: "keys.destroy" },
  "operators add": { act: "operators.add" },
  "api-keys add": { act: "api_keys.add" },
  "api-keys revoke": { act: "api_keys.revoke" },
  "api-keys list": { none: NO_PERSON },
  export: { act: "export" },
  "analysts add": { act: "analysts.add" },
  "analysts remove": { act: "analysts.remove" },
  "analysts list": { none: NO_PERSON },
  "operators remove": { act: "operators.remove" },
  "operators list": { none: NO_PERSON },
  breach: { act: "breach.report" },
  processing: { command: "processing.read" },
};

/**
 * Runs a command on the stores and sees to its entry in the audit trail: the name of the command, and a month if one was
 * named; no other word of the command line, because it may name a person.
 *
 * @throws WarehouseUnavailable, WarehouseRefused if it cannot be noted: then it is not run; and whatever the command throws
 */
export async function runAudited(
  command: ServiceCommand,
  service: Service,
  args: CommandArguments,
  io: CommandIo,
): Promise<number> {
  const note = AUDIT_NOTES[command.name];
  if (note === undefined || "command" in note) {
    // A command that the table does not know is noted by its name: too much rather than too little.
    const action = note?.command ?? command.name.replaceAll(" ", ".");
    await writeAudit(service, { actor: io.actor, action, subject: parseMonth(args.operands.MONTH ?? "") ?? "" });
  }
  return command.run(service, args, io);
}
