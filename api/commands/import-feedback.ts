import { createOrdinals } from "../../ingest/import-line.ts";
import { toSealedFeedback } from "../../ingest/imported-feedback.ts";
import { maskId } from "../../ingest/mask.ts";
import { CONTACT_COLUMNS, type FindContact, parseContacts } from "../../ingest/reports/contacts.ts";
import { type FeedbackFile, type FeedbackOptions, parseFeedback } from "../../ingest/reports/feedback-file.ts";
import {
  FEEDBACK_FIELDS,
  type FeedbackMap,
  parseFeedbackMap,
  parseFeedbackMapJson,
} from "../../ingest/reports/feedback-map.ts";
import { parseScale, toScaleWords } from "../../ingest/reports/score-scale.ts";
import { toCountedWords, toCountWords } from "../../reporting/words.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo, UsageError } from "../command-io.ts";
import { refuseProblems, tellOutsideClock, tellUnmatched, toSite, toSound, toZone } from "../import-file.ts";
import { importOnce, toImportedEvent, toImportedWords } from "../imported.ts";
import { readInput } from "../input-file.ts";
import type { Service } from "../service.ts";

const PROSE = `FILE is CSV with a heading. --map says which column each field is in, such as
  --map 'date=Completion time,score=How useful was it?,comment=Anything else?,email=Email'
and without it columns are named as the fields: ${FEEDBACK_FIELDS.join(",")}.
A line must have a date, a resource or an event, and a score or a comment. Scores are 1-5; those of another scale are
put on the nearest of a straight line, halves up: with --scale 0-10, ${toScaleWords({ min: 0, max: 10 })}.
People are found by user id, or by --contacts, CSV with the heading ${CONTACT_COLUMNS.join(",")}, which is
read and not kept. Feedback is combined with a person only if their consent to that is in force; otherwise, and where
nobody is named or found, it is kept under the Partner alone. Of nobody and no Partner it is left out: there is no lawful
basis. Comments are masked as those of the website.
If any line is bad, the bad lines are listed and nothing is imported. The same file again adds nothing.`;

/** `roebuck import feedback FILE`: scores and comments that people gave elsewhere. */
export const importFeedbackCommand: ServiceCommand = {
  name: "import feedback",
  summary: "Import feedback that people gave elsewhere, from a CSV file.",
  prose: PROSE,
  operands: [{ name: "FILE", prose: "the CSV file" }],
  flags: [
    { name: "map", value: "FIELD=COLUMN,...", prose: "Which column each field is in." },
    { name: "map-file", value: "FILE", prose: "The same as a JSON object of fields and columns." },
    {
      name: "contacts",
      value: "FILE",
      prose: "CSV that says which user of the site an e-mail address or name belongs to.",
    },
    { name: "resource", value: "ID", prose: "What lines are about that name no resource." },
    { name: "event", value: "ID", prose: "The event that lines are about that name none." },
    { name: "partner", value: "ID", prose: "Partner of lines that name none." },
    { name: "scale", value: "MIN-MAX", initial: "1-5", prose: "Lowest and highest score of the file." },
    {
      name: "dates",
      value: "ORDER",
      choices: ["dmy", "mdy"],
      prose: "Whether 09/10/2026 is 9 October or September 10.",
    },
    { name: "zone", value: "ZONE", prose: "Time zone of the file's times. Default: ROEBUCK_DEFAULT_ZONE." },
    { name: "site", value: "SITE", prose: "Site that the feedback belongs to. Default: the first of ROEBUCK_SITES." },
    { name: "dry-run", prose: "Say what would be imported, and import nothing." },
    { name: "show-unmatched", prose: "Name on this terminal who was not found. Nowhere else." },
  ],
  on: "service",
  async run(service, args, io) {
    const file = args.operands.FILE ?? "";
    const options = toOptions(service, args);
    const site = toSite(service, args);
    const outcome = toSound(parseFeedback(readInput(file), toFind(args.flags.contacts, io), options), file, io);
    tellFile(outcome, options, io);
    const times = outcome.feedback.map(({ atMs }) => atMs);
    tellOutsideClock(service, times, options.nowMs, ["line of feedback", "lines of feedback"], io);
    tellUnmatched(outcome.unmatched, args.switches.has("show-unmatched"), io);
    refuseUnknownPartners(service, outcome, file, io);
    if (outcome.feedback.length === 0)
      throw new CommandError(`Cannot import "${file}": no line has feedback that may be kept. Nothing was imported.`);
    if (args.switches.has("dry-run")) {
      io.line("Nothing was imported: this was a dry run.");
      return 0;
    }
    const source = {
      sealKey: service.keyFiles.collectorKeys().sealKey,
      site,
      receivedMs: options.nowMs,
      ordinal: createOrdinals(),
    };
    const events = outcome.feedback.map((told) => {
      const { sealed, formerId } = toSealedFeedback(told, source);
      return toImportedEvent(sealed, formerId);
    });
    for (const line of toImportedWords(await importOnce(service, "feedback", events, io))) io.line(line);
    return 0;
  },
};

function toOptions(service: Service, { flags }: CommandArguments): FeedbackOptions {
  const { resource, event, partner, dates, scale: written = "" } = flags;
  const scale = parseScale(written);
  if (scale === undefined) throw new UsageError(`--scale "${written}" is none: it must be such as 1-5 or 0-10.`);
  return {
    map: toMap(flags.map, flags["map-file"]),
    scale,
    resource,
    event,
    partner,
    dates: dates === "dmy" || dates === "mdy" ? dates : undefined,
    zone: toZone(service, flags),
    nowMs: service.clock.nowMs(),
  };
}

function toMap(pairs: string | undefined, file: string | undefined): FeedbackMap {
  if (file === undefined) {
    const map = pairs === undefined ? {} : parseFeedbackMap(pairs);
    if (typeof map === "string") throw new UsageError(`--map cannot be used: ${map}.`);
    return map;
  }
  if (pairs !== undefined) throw new UsageError("--map and --map-file are the same: give one of them.");
  const map = parseFeedbackMapJson(Buffer.from(readInput(file)).toString("utf8"));
  if (map === undefined)
    throw new CommandError(
      `Cannot use "${file}": it must be a JSON object such as {"date": "Completion time", "score": "Rating"}, of ${FEEDBACK_FIELDS.join(", ")}.`,
    );
  return map;
}

function toFind(contacts: string | undefined, io: CommandIo): FindContact {
  if (contacts === undefined) return () => "not_in_contacts";
  return toSound(parseContacts(readInput(contacts)), contacts, io);
}

function refuseUnknownPartners(service: Service, { feedback }: FeedbackFile, file: string, io: CommandIo): void {
  const { partners } = service.journal();
  const problems = feedback.flatMap(({ line, person }) => {
    const partner = "nobodyOf" in person ? person.nobodyOf : person.ptn;
    return partner === "" || partners.has(partner)
      ? []
      : [{ line, problem: `Partner "${maskId(partner, 60)}" is not on file; import it first.` }];
  });
  if (problems.length > 0) throw refuseProblems(problems, file, io);
}

function tellFile({ feedback, empty, ofNobody }: FeedbackFile, { scale }: FeedbackOptions, io: CommandIo): void {
  const lines = (count: number) => toCountedWords(count, "line", "lines");
  const named = feedback.filter(({ person }) => !("nobodyOf" in person)).length;
  io.line(`${lines(feedback.length)} of feedback, ${toCountWords(named)} of people who are known.`);
  if (empty > 0) io.line(`${lines(empty)} without score and comment left out.`);
  if (ofNobody > 0)
    io.line(`${lines(ofNobody)} of nobody and of no Partner left out: no lawful basis. --partner ID names one.`);
  if (scale.min !== 1 || scale.max !== 5) io.line(`Scores: ${toScaleWords(scale)}.`);
}
