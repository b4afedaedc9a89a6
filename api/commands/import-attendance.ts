import { toSealedAttendance } from "../../ingest/attendance.ts";
import { maskId } from "../../ingest/mask.ts";
import { type ReportedAttendances, type ReportOptions, toAttendances } from "../../ingest/reports/attendances.ts";
import { CONTACT_COLUMNS, type FindContact, parseContacts } from "../../ingest/reports/contacts.ts";
import { PLAIN_COLUMNS } from "../../ingest/reports/plain-list.ts";
import type { AttendanceReport } from "../../ingest/reports/presence.ts";
import { FORMAT_NAMES, parseReport } from "../../ingest/reports/report.ts";
import { toCountedWords } from "../../reporting/words.ts";
import { EVENT_KINDS } from "../../schemas/event.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo, UsageError } from "../command-io.ts";
import { refuseProblems, tellOutsideClock, tellUnmatched, toSite, toSound, toZone } from "../import-file.ts";
import { importOnce, toImportedEvent, toImportedWords } from "../imported.ts";
import { readInput } from "../input-file.ts";
import type { Service } from "../service.ts";

const PROSE = `FILE is one of these, which is seen from what is in it:
  teams         the attendance report of a Microsoft Teams meeting or webinar, as downloaded
  zoom-meeting  the participants report of a Zoom meeting
  zoom-webinar  the attendee report of a Zoom webinar
  plain         CSV with a heading of ${PLAIN_COLUMNS.join(",")}
                in any order, of which only user, email or name must be there
People are found by --contacts, CSV with the heading ${CONTACT_COLUMNS.join(",")}:
by e-mail address, or by name where the report has no address that is known. Who is not found is counted and not named.
The contacts are read and not kept; addresses and names are written nowhere.
Several stays of a person are one attendance, with the minutes of all; times that overlap count once. Hosts, panelists,
organisers, time in the waiting room and who did not come are left out.
If any line is bad, the bad lines are listed and nothing is imported. The same file again adds nothing.`;

/** `roebuck import attendance FILE`: who was at an event, from the reports of meeting tools or a list. */
export const importAttendanceCommand: ServiceCommand = {
  name: "import attendance",
  summary: "Import who was at an event: reports of Microsoft Teams and Zoom, or a CSV file.",
  prose: PROSE,
  operands: [{ name: "FILE", prose: "the report" }],
  flags: [
    {
      name: "contacts",
      value: "FILE",
      prose: "CSV that says which user of the site an e-mail address or name belongs to.",
    },
    { name: "format", value: "FORMAT", choices: FORMAT_NAMES, prose: `What FILE is: ${FORMAT_NAMES.join(", ")}.` },
    {
      name: "event",
      value: "ID",
      prose: "Id of the event. Otherwise that of the file, or one from its title and day.",
    },
    { name: "title", value: "TITLE", prose: "Title of the event, if not that of the file." },
    {
      name: "kind",
      value: "KIND",
      choices: EVENT_KINDS,
      prose: "Kind of the event, if not as in the file.",
    },
    { name: "date", value: "DAY", prose: "Day of the event, yyyy-mm-dd, where the file has no time." },
    {
      name: "dates",
      value: "ORDER",
      choices: ["dmy", "mdy"],
      prose: "Whether 09/10/2026 is 9 October or September 10.",
    },
    { name: "minutes", value: "N", prose: "How long people were there, where the file does not say." },
    { name: "zone", value: "ZONE", prose: "Time zone of the file's times. Default: ROEBUCK_DEFAULT_ZONE." },
    { name: "site", value: "SITE", prose: "Site that the event belongs to. Default: the first of ROEBUCK_SITES." },
    { name: "dry-run", prose: "Say what would be imported, and import nothing." },
    { name: "show-unmatched", prose: "Name on this terminal who was not found. Nowhere else." },
  ],
  on: "service",
  async run(service, args, io) {
    const file = args.operands.FILE ?? "";
    const options = toOptions(service, args);
    const report = toSound(parseReport(readInput(file), args.flags.format), file, io);
    const find = toFind(args.flags.contacts, report, io);
    const outcome = toSound(toAttendances(report, find, options), file, io);
    tellReport(report, outcome, io);
    const times = outcome.attendances.map(({ attendance }) => attendance.at);
    tellOutsideClock(service, times, options.nowMs, ["attendance", "attendances"], io);
    tellUnmatched(outcome.unmatched, args.switches.has("show-unmatched"), io);
    refuseUnknownPartners(service, outcome, file, io);
    if (outcome.attendances.length === 0)
      throw new CommandError(`Cannot import "${file}": nobody in it is in the contacts. Nothing was imported.`);
    if (args.switches.has("dry-run")) {
      io.line("Nothing was imported: this was a dry run.");
      return 0;
    }
    const source = {
      sealKey: service.keyFiles.collectorKeys().sealKey,
      site: toSite(service, args),
      receivedMs: options.nowMs,
      origin: "import",
    } as const;
    const events = outcome.attendances.map(({ attendance }) => toImportedEvent(toSealedAttendance(attendance, source)));
    for (const line of toImportedWords(await importOnce(service, "attendance", events, io))) io.line(line);
    return 0;
  },
};

function toOptions(service: Service, { flags }: CommandArguments): ReportOptions {
  const { date, minutes } = flags;
  if (date !== undefined && new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) !== true)
    throw new UsageError(`--date "${date}" is no day: it must be yyyy-mm-dd.`);
  if (minutes !== undefined && !/^\d{1,4}$/.test(minutes))
    throw new UsageError(`--minutes "${minutes}" is no number: it must be a whole number from 0 to 9999.`);
  const { event, title, kind, dates } = flags;
  return {
    event,
    title,
    kind,
    date,
    dates: dates === "dmy" || dates === "mdy" ? dates : undefined,
    minutes: minutes === undefined ? undefined : Number(minutes),
    zone: toZone(service, flags),
    nowMs: service.clock.nowMs(),
  };
}

function toFind(contacts: string | undefined, { presences }: AttendanceReport, io: CommandIo): FindContact {
  if (contacts !== undefined) return toSound(parseContacts(readInput(contacts)), contacts, io);
  if (presences.some(({ user }) => user === undefined))
    throw new UsageError(
      "--contacts FILE is required: the file names people by e-mail address or name, not by user id.",
    );
  return () => "not_in_contacts";
}

function refuseUnknownPartners(
  service: Service,
  { attendances }: ReportedAttendances,
  file: string,
  io: CommandIo,
): void {
  const { partners } = service.journal();
  const problems = attendances.flatMap(({ line, attendance: { user } }) =>
    user.ptn === undefined || partners.has(user.ptn)
      ? []
      : [{ line, problem: `Partner "${maskId(user.ptn, 60)}" is not on file; import it first.` }],
  );
  if (problems.length > 0) throw refuseProblems(problems, file, io);
}

function tellReport(report: AttendanceReport, { attendances, namedTitles }: ReportedAttendances, io: CommandIo): void {
  const { hosts, absent, waiting } = report.leftOut;
  const without = [
    ...(hosts > 0 ? [`${hosts} who ran it`] : []),
    ...(absent > 0 ? [`${absent} who did not come`] : []),
    ...(waiting > 0 ? [`${toCountedWords(waiting, "stay", "stays")} in the waiting room`] : []),
  ];
  const events = new Set(attendances.map(({ attendance }) => attendance.event.id));
  const all = toCountedWords(attendances.length, "attendance", "attendances");
  io.line(
    `${report.format}: ${all} of ${events.size === 1 ? `the event "${maskId([...events][0] ?? "", 200)}"` : toCountedWords(events.size, "event", "events")}${without.length === 0 ? "" : `, without ${without.join(", ")}`}.`,
  );
  if (namedTitles > 0)
    io.warn(
      "The title has the name of somebody who was there; it is masked. --title TITLE gives another, --event ID an id.",
    );
}
