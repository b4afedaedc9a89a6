import { ACCOUNT_KINDS, PURPOSES } from "../../schemas/event.ts";
import { CONSENT_PURPOSES } from "../../schemas/journal.ts";
import type { CommandArguments, Flag, ServiceCommand } from "../command.ts";
import { UsageError } from "../command-io.ts";
import { toSha256 } from "../exports/ledger.ts";
import { noteExport } from "../exports/note-export.ts";
import { readInput } from "../input-file.ts";
import type { RightsAsked } from "../rights/act.ts";
import { toCertificateLines } from "../rights/certificate.ts";
import { objectForPeople, restrictPeople } from "../rights/choices.ts";
import { type ErasureAsked, erasePeople } from "../rights/erase.ts";
import { exportPerson, type SubjectExport, toExport } from "../rights/export.ts";
import { lookUpPeople, toLookupLines } from "../rights/lookup.ts";
import { parseAccount, parseSubs } from "../rights/people.ts";
import { type AskedCorrection, rectifyPeople } from "../rights/rectify.ts";
import type { RestatedRecord } from "../rights/restate.ts";
import type { Service } from "../service.ts";

const WHO: readonly Flag[] = [
  { name: "acct", value: "KIND", initial: "partner", choices: ACCOUNT_KINDS, prose: "Kind of account." },
  { name: "partner", value: "ID", prose: "The Partner whose person it is; required for --acct partner." },
  { name: "sub-file", value: "FILE", prose: "User ids as the site's CMS has them, one a line." },
  {
    name: "sub",
    value: "USERID",
    prose: "One user id. It stays in the shell's history and is shown to others by ps: prefer --sub-file.",
  },
  { name: "request", value: "REQUEST", prose: "The request that this answers. Default: one is opened now." },
  { name: "verbal", prose: "It was asked by word of mouth: noted in the request that is opened." },
];
const WHO_PROSE = `Who is told by the user id and kind of account; nothing that is written names the person. Every act answers a
request, is noted in the audit trail before it is done, and needs the Partner's instruction \`rights\` on file.`;
const OUTPUT: Flag = { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." };

function toAsked(args: CommandArguments): RightsAsked {
  const account = parseAccount(args.flags.acct, args.flags.partner);
  const { sub, "sub-file": file, request } = args.flags;
  if ((sub === undefined) === (file === undefined))
    throw new UsageError("Name the person by --sub-file FILE or --sub USERID.");
  const subs = sub === undefined ? parseSubs(new TextDecoder().decode(readInput(file ?? ""))) : parseSubs(sub);
  if (request !== undefined && args.switches.has("verbal"))
    throw new UsageError("--verbal is for a request that is opened now: it does not go with --request.");
  return {
    people: { ...account, subs },
    ...(request === undefined ? {} : { request }),
    verbal: args.switches.has("verbal"),
  };
}

function toRestatedLine(records: readonly RestatedRecord[]): string {
  if (records.length === 0) return "No closed record changes.";
  return `Closed records counted again: ${records.map(({ partner, month, version }) => `${partner} ${month} (version ${version})`).join(", ")}.`;
}

function toPeopleWords(count: number): string {
  return count === 1 ? "1 person" : `${count} people`;
}

const lookupCommand: ServiceCommand = {
  name: "subject lookup",
  summary: "Say what is held about a person: rows by table, consents, objections, restriction, erasure.",
  prose: `${WHO_PROSE} Of several people each is told by the place in the list.`,
  operands: [],
  flags: WHO,
  on: "service",
  async run(service, args, io) {
    const { request, people } = await lookUpPeople(service, toAsked(args), io.actor, io);
    io.line(`Request ${request}`);
    for (const [index, person] of people.entries()) {
      io.line(`Person ${index + 1} of ${people.length}:`);
      for (const line of toLookupLines(person)) io.line(`  ${line}`);
    }
    return 0;
  },
};

const exportCommand: ServiceCommand = {
  name: "subject export",
  summary: "Write everything that is held about one person, as JSON or CSV (GDPR Art. 15, 20).",
  prose: `${WHO_PROSE}
The file also says purposes, retention, recipients and source. Times are in the Partner's zone, with their offset.
A file that is written with -o is on the list of exports: it is deleted after ROEBUCK_EXPORT_DAYS, or when the person is
erased. What goes to standard output is yours to look after.`,
  operands: [],
  flags: [
    ...WHO,
    { name: "format", value: "FORMAT", initial: "json", choices: ["json", "csv"], prose: "json or csv." },
    OUTPUT,
  ],
  on: "service",
  async run(service, args, io) {
    const asked = toAsked(args);
    const { output } = args.flags;
    refuseNamingFile(output, asked.people.subs);
    const data = await exportPerson(service, asked, io.actor, io);
    const bytes = toExport(data, args.flags.format === "csv" ? "csv" : "json");
    if (output !== undefined) io.line(noteFile(service, data, output, bytes));
    await io.bytes(bytes);
    return 0;
  },
};

/** The name of a file lies on the disk as well. Throws UsageError. */
function refuseNamingFile(output: string | undefined, subs: readonly string[]): void {
  if (output === undefined || !subs.some((sub) => output.toLowerCase().includes(sub.toLowerCase()))) return;
  throw new UsageError("The file's name must not name the person: name it by the request, such as R-2026-7kq2mx.json.");
}

function noteFile(service: Service, { person, tables }: SubjectExport, path: string, bytes: Uint8Array): string {
  const ref = person === undefined ? {} : { ref: person.ref };
  const files = [{ path, sha256: toSha256(bytes) }];
  const { engagement, behaviour, feedback, attendance } = tables;
  const times = [engagement, behaviour, feedback, attendance].flat().map(({ at }) => Number(at));
  const oldestMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  return noteExport(service, { kind: "person", partner: person?.ptn ?? "", ...ref, files }, oldestMs);
}

const rectifyCommand: ServiceCommand = {
  name: "subject rectify",
  summary: "Correct what is stored about people: department, Partner, resource (GDPR Art. 16).",
  prose: `${WHO_PROSE}
Covers what is stored now; what the person does from now on says what the site's token says. Closed records that change
are counted again.`,
  operands: [],
  flags: [
    ...WHO,
    { name: "dept", value: "NAME", prose: "Their department; empty for none." },
    {
      name: "move-to",
      value: "PARTNER",
      prose: "Their rows belong to this Partner, whose instruction must be on file, too.",
    },
    { name: "resource", value: "FROM=TO", prose: "Uses of the resource FROM were uses of TO." },
  ],
  on: "service",
  async run(service, args, io) {
    const asked = { ...toAsked(args), correction: toCorrection(args) };
    const { request, rows, people, records } = await rectifyPeople(service, asked, io.actor, io);
    io.line(`Request ${request}: ${rows} rows of ${toPeopleWords(people)} corrected.`);
    io.line(toRestatedLine(records));
    return 0;
  },
};

function toCorrection(args: CommandArguments): AskedCorrection {
  const { dept, "move-to": moveTo, resource } = args.flags;
  const [, from = "", to = ""] = /^([^=]+)=([^=]+)$/.exec(resource ?? "") ?? [];
  if (resource !== undefined && from === "")
    throw new UsageError(`Cannot use --resource "${resource}": it must be FROM=TO, two resource ids.`);
  return {
    ...(dept === undefined ? {} : { dept }),
    ...(moveTo === undefined ? {} : { moveTo }),
    ...(resource === undefined ? {} : { resource: { from, to } }),
  };
}

function toRestriction(on: boolean): ServiceCommand {
  return {
    name: on ? "subject restrict" : "subject unrestrict",
    summary: on
      ? "Restrict the processing of people: kept, but in no figure, view or export (GDPR Art. 18)."
      : "Lift a restriction of processing; the person must be told before (GDPR Art. 18(3)).",
    prose: `${WHO_PROSE}
Closed records whose figures change by it are counted again.`,
    operands: [],
    flags: WHO,
    on: "service",
    async run(service, args, io) {
      const { request, people, records } = await restrictPeople(service, { ...toAsked(args), on }, io.actor, io);
      const what = on ? "the processing is restricted" : "the restriction is lifted";
      io.line(`Request ${request}: ${what} for ${toPeopleWords(people)}.`);
      io.line(toRestatedLine(records));
      return 0;
    },
  };
}

const objectCommand: ServiceCommand = {
  name: "subject object",
  summary: "Note that people object to a purpose: nothing of it is kept from now on (GDPR Art. 21).",
  prose: `${WHO_PROSE}
What was collected before stays until its time; \`roebuck subject erase\` removes it.`,
  operands: [],
  flags: [
    ...WHO,
    { name: "purpose", value: "PURPOSE", required: true, choices: PURPOSES, prose: PURPOSES.join(", ") },
    { name: "off", prose: "They take the objection back." },
  ],
  on: "service",
  async run(service, args, io) {
    const purpose = PURPOSES.find((known) => known === args.flags.purpose) ?? "engagement"; // its choices were checked
    const on = !args.switches.has("off");
    const { request, people } = await objectForPeople(service, { ...toAsked(args), purpose, on }, io.actor);
    io.line(
      on
        ? `Request ${request}: ${toPeopleWords(people)} object to ${purpose}; nothing of it is kept from now on.`
        : `Request ${request}: ${toPeopleWords(people)} no longer object to ${purpose}.`,
    );
    return 0;
  },
};

function toErasureAsked(args: CommandArguments): ErasureAsked {
  const purpose = CONSENT_PURPOSES.find((known) => known === args.flags.purpose); // its choices were checked
  const withdraw = args.switches.has("withdraw");
  if (purpose !== undefined) return { ...toAsked(args), removal: { purpose, withdraw } };
  if (withdraw) throw new UsageError("--withdraw goes with --purpose: name the consent that is withdrawn.");
  return toAsked(args);
}

const eraseCommand: ServiceCommand = {
  name: "subject erase",
  summary: "Erase people: every row, what is on its way, the log; closed records are counted again (GDPR Art. 17).",
  prose: `${WHO_PROSE}
Cannot be undone. Covers everything that happened or was received up to now and does not come back, neither by repeated
delivery nor by a restore; what the person does afterwards is a new beginning. Refused under a legal hold. If it is
interrupted, give the same command again with --request; otherwise the night finishes it.
With --purpose only what was collected by that consent is removed, and the rest of the person stays; of a public account
engagement rests on the consent to behaviour, too. Refused while the journal has the consent in force, unless --withdraw.
Where tokens alone tell of a consent, the site must stop saying yes. Feedback kept without a person cannot be found.
The certificate is printed and kept with the request: \`roebuck requests show REQUEST\`.`,
  operands: [],
  flags: [
    ...WHO,
    {
      name: "purpose",
      value: "PURPOSE",
      choices: CONSENT_PURPOSES,
      prose: "Remove only what was collected by this consent: behaviour or feedback.",
    },
    { name: "withdraw", prose: "The person withdraws that consent by the same request." },
    { name: "format", value: "FORMAT", initial: "text", choices: ["text", "json"], prose: "text or json." },
    OUTPUT,
  ],
  on: "service",
  async run(service, args, io) {
    const certificate = await erasePeople(service, toErasureAsked(args), io.actor, io);
    const text =
      args.flags.format === "json" ? JSON.stringify(certificate, null, 2) : toCertificateLines(certificate).join("\n");
    await io.bytes(Buffer.from(`${text}\n`));
    const left = certificate.tables.filter(({ after }) => after > 0);
    if (left.length === 0) return 0;
    io.warn(`Rows are left in ${left.map(({ table }) => table).join(", ")}: give the command again.`);
    return 1;
  },
};

/** All commands about people's rights. */
export const subjectCommands: readonly ServiceCommand[] = [
  lookupCommand,
  exportCommand,
  rectifyCommand,
  toRestriction(true),
  toRestriction(false),
  objectCommand,
  eraseCommand,
];
