import { createOrdinals, type ImportContext, toSealedImport } from "../../ingest/import-line.ts";
import { parseQueryKeys } from "../../ingest/minimise.ts";
import { toCountedWords } from "../../reporting/words.ts";
import type { LogRecord } from "../../schemas/ports.ts";
import type { ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { readLines } from "../input-file.ts";
import type { Service } from "../service.ts";

/** Lines that are made durable at once. */
const APPEND_LINES = 1_000;
/** Bad lines that are shown; the rest is counted. */
const SHOWN_MAX = 50;

/** `roebuck import events FILE.ndjson`: history from another system, through the same transform and the same rules. */
export const importEventsCommand: ServiceCommand = {
  name: "import events",
  summary: "Import history from another system, one event a line (NDJSON).",
  prose: `A line is a JSON object:
  {id?, sub, acct, ptn, dept?, consent?, site?, type, at, url, title?, referrer?, resource?: {id, type, topic?, full?}}
and "query" for a search, "engaged_ms" for a leave, "target" for a click, "score" and "comment" for feedback.
There is no age limit but the retention. If any line is bad, the bad lines are listed and nothing is imported.
Importing the same file again counts nothing twice; a line without an id gets one that depends on the line alone.`,
  operands: [{ name: "FILE", prose: "the NDJSON file, UTF-8" }],
  flags: [{ name: "site", value: "SITE", prose: "Site of lines that name none. Default: the first of ROEBUCK_SITES." }],
  on: "service",
  async run(service, args, io) {
    const site = args.flags.site ?? service.sites[0]?.id ?? "";
    const lines = await importEvents(service, args.operands.FILE ?? "", site, io);
    io.line(`${toCountedWords(lines, "event", "events")} imported.`);
    return 0;
  },
};

/** Imports a file whole or not at all, and waits until its events are stored. Answers how many lines it had. Throws CommandError. */
export async function importEvents(service: Service, file: string, site: string, io: CommandIo): Promise<number> {
  const lines = await checkLines(service, file, site, io);
  let waiting: LogRecord[] = [];
  let appended = 0;
  const context = toContext(service, site);
  const flush = async () => {
    await service.log.append("events", waiting);
    appended += waiting.length;
    waiting = [];
    io.progress("events imported", appended, lines);
  };
  for await (const { text } of readLines(file)) {
    const outcome = toSealedImport(text, context);
    if ("problems" in outcome)
      throw new CommandError(
        `"${file}" changed while it was read. Import it again: what is in already does not count twice.`,
      );
    waiting.push({ key: outcome.sealed.person.ref, value: Buffer.from(JSON.stringify(outcome.sealed)) });
    if (waiting.length >= APPEND_LINES) await flush();
    if (io.signal.aborted)
      throw new CommandError("Stopped. Import the file again: what is in already does not count twice.");
  }
  if (waiting.length > 0) await flush();
  await service.drain(io);
  return lines;
}

async function checkLines(service: Service, file: string, site: string, io: CommandIo): Promise<number> {
  const context = toContext(service, site);
  const { partners } = service.journal();
  const known = new Set(service.sites.map(({ id }) => id));
  let lines = 0;
  let bad = 0;
  const refuse = (number: number, problem: string) => {
    bad += 1;
    if (bad <= SHOWN_MAX) io.warn(`line ${number}: ${problem}`);
  };
  for await (const { text, number, bytesRead, bytesTotal } of readLines(file)) {
    lines += 1;
    const outcome = toSealedImport(text, context);
    if ("problems" in outcome) refuse(number, outcome.problems.join(" "));
    else if (!known.has(outcome.sealed.site))
      refuse(number, `site "${outcome.sealed.site}" is not one of ROEBUCK_SITES.`);
    else if (outcome.sealed.person.ptn !== "" && !partners.has(outcome.sealed.person.ptn))
      refuse(number, `Partner "${outcome.sealed.person.ptn}" is not on file; import it first.`);
    if (lines % 5_000 === 0) io.progress("bytes checked", bytesRead, bytesTotal);
    if (io.signal.aborted) throw new CommandError("Stopped. Nothing was imported.");
  }
  if (bad > SHOWN_MAX) io.warn(`and ${bad - SHOWN_MAX} more.`);
  if (bad > 0)
    throw new CommandError(
      `Cannot import "${file}": ${bad} of ${toCountedWords(lines, "line", "lines")} ${bad === 1 ? "is" : "are"} bad. Nothing was imported.`,
    );
  if (lines === 0) throw new CommandError(`Cannot import "${file}": it has no line.`);
  return lines;
}

function toContext(service: Service, site: string): ImportContext {
  return {
    sealKey: service.keyFiles.collectorKeys().sealKey,
    queryKeys: parseQueryKeys(service.settings.queryKeys),
    site,
    receivedMs: service.clock.nowMs(),
    ordinal: createOrdinals(),
  };
}
