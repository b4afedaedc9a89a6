import { toAccessItem } from "../../ingest/access-log.ts";
import { createAgentReader } from "../../ingest/agent.ts";
import { toRegisteredSites } from "../../ingest/collect.ts";
import { openCountry } from "../../ingest/country.ts";
import { type HistoryItem, type HistoryRules, SKIPPED } from "../../ingest/history.ts";
import { toVisitItem } from "../../ingest/matomo-visits.ts";
import { parseQueryKeys } from "../../ingest/minimise.ts";
import type { CommandArguments, ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo, UsageError } from "../command-io.ts";
import { type History, importHistory, type Told } from "../history/import.ts";
import { createElementSplitter, createLineSplitter, type ItemSplitter, readItems } from "../history/items.ts";
import { readLedger } from "../history/ledger.ts";
import { toSite } from "../import-file.ts";
import { takeLease } from "../lease.ts";
import { openRobots } from "../robots-file.ts";
import type { Service } from "../service.ts";

/** Numbers of lines that could not be read that are shown; the rest is counted. */
const SHOWN_MAX = 50;
/** How long an import that was killed keeps the next one waiting. */
const LEASE_SECONDS = 30;

/** One kind of file. */
interface Kind {
  readonly name: "access-log" | "matomo";
  /** What it falls into. */
  readonly words: readonly [one: string, many: string];
  splitter(): ItemSplitter;
  toItem(text: string, rules: HistoryRules): HistoryItem;
}

const ACCESS_LOG: Kind = {
  name: "access-log",
  words: ["line", "lines"],
  splitter: createLineSplitter,
  toItem: toAccessItem,
};
const MATOMO: Kind = {
  name: "matomo",
  words: ["visit", "visits"],
  splitter: createElementSplitter,
  toItem: toVisitItem,
};

const COUNTS = `Only anonymous counts are made, by hour, page, referring host, country and class of device. No address, user, visitor or
user agent is written anywhere. Whether people asked not to be counted (GPC, DNT) is not told in a history.
The same file again adds nothing; after a stop it goes on where it was; of a file that has grown only the new end is
counted. Parts of a file under other names, or two files that share lines, are not known again.
Give --until the day on which Roebuck began to count, or both count the days after it.`;

const FLAGS = [
  { name: "site", value: "SITE", prose: "Site that the history is of. May be left out if there is one." },
  { name: "from", value: "DAY", prose: "First day that is counted, yyyy-mm-dd, UTC." },
  { name: "until", value: "DAY", prose: "First day that is not counted any more, yyyy-mm-dd, UTC." },
  { name: "dry-run", prose: "Say what would be counted, and count nothing." },
] as const;

/** `roebuck import matomo FILE`: anonymous counts of the past out of Matomo's visits. */
export const importMatomoCommand: ServiceCommand = {
  name: "import matomo",
  summary: "Import anonymous counts of the past from Matomo's visits (JSON).",
  prose: `FILE is what Matomo's Live.getLastVisitsDetails answers with format=JSON: an array of visits with actionDetails; also as
gzip. Page views are counted; downloads, searches and other actions are not.
${COUNTS}`,
  operands: [{ name: "FILE", prose: "the JSON file" }],
  flags: FLAGS,
  on: "service",
  run: (service, args, io) => runHistory(MATOMO, service, args, io),
};

/** `roebuck import access-log FILE`: anonymous counts of the past out of a web server's log. */
export const importAccessLogCommand: ServiceCommand = {
  name: "import access-log",
  summary: "Import anonymous counts of the past from a web server's log (combined format).",
  prose: `FILE is in the combined format of Apache and nginx; also as gzip. Pages that were asked for with GET and answered with 200
or 304 are counted; robots, and files of a page by their extension, are not.
${COUNTS}`,
  operands: [{ name: "FILE", prose: "the log" }],
  flags: FLAGS,
  on: "service",
  run: (service, args, io) => runHistory(ACCESS_LOG, service, args, io),
};

async function runHistory(kind: Kind, service: Service, args: CommandArguments, io: CommandIo): Promise<number> {
  const history = await toHistory(kind, service, args, io);
  // Two at once could both find a file new.
  const lease = await takeLease(service.warehouse, "import.history", LEASE_SECONDS);
  if (lease === undefined)
    throw new CommandError(
      `Cannot import now: another import of a history runs, or was killed less than ${LEASE_SECONDS} s ago. Wait and repeat.`,
    );
  try {
    // What an import that was killed has left on the log must be stored before it can be known.
    await service.drain(io);
    const told = await importHistory(service, history, await readLedger(service.warehouse), {
      actor: io.actor,
      progress: (label, done, total) => io.progress(label, done, total),
      signal: AbortSignal.any([io.signal, lease.signal]),
    });
    if (!history.isDryRun) await service.drain(io);
    return tellHistory(told, kind, history, io);
  } finally {
    await lease[Symbol.asyncDispose]();
  }
}

async function toHistory(kind: Kind, service: Service, args: CommandArguments, io: CommandIo): Promise<History> {
  const { flags, operands, switches } = args;
  if (flags.site === undefined && service.sites.length > 1)
    throw new UsageError(
      `--site SITE is required: there are several sites, ${service.sites.map(({ id }) => id).join(", ")}.`,
    );
  const id = toSite(service, args);
  const site = toRegisteredSites(service.sites).get(id);
  const origin = service.sites.find((one) => one.id === id)?.origins[0];
  if (site === undefined || origin === undefined)
    throw new CommandError(`Cannot import for site "${id}": it must have an origin in ROEBUCK_SITES.`);
  const nowMs = service.clock.nowMs();
  const rules: HistoryRules = {
    site,
    origin,
    queryKeys: parseQueryKeys(service.settings.queryKeys),
    toAgent: createAgentReader(openRobots(service.settings, service.logger)),
    toCountry: await openCountry(service.settings),
    fromMs: toDay("from", flags.from) ?? Number.NEGATIVE_INFINITY,
    untilMs: Math.min(toDay("until", flags.until) ?? Number.POSITIVE_INFINITY, nowMs),
  };
  const file = operands.FILE ?? "";
  let unreadable = 0;
  return {
    file,
    items: () => readItems(file, kind.splitter),
    read: ({ bytes, number }) => {
      const item = kind.toItem(bytes.toString("utf8"), rules);
      if (item.skipped.includes("unreadable") && ++unreadable <= SHOWN_MAX)
        io.warn(`${kind.words[0]} ${number}: could not be read.`);
      return item;
    },
    site: id,
    source: `${kind.name}\n${id}`,
    scope: `--from ${flags.from ?? "(none)"} --until ${flags.until ?? "(none)"}`,
    sealKey: service.keyFiles.collectorKeys().sealKey,
    isDryRun: switches.has("dry-run"),
  };
}

/** Start of a day, UTC; undefined for none. */
function toDay(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || day.toJSON()?.startsWith(text) !== true)
    throw new UsageError(`--${flag} "${text}" is no day: it must be yyyy-mm-dd.`);
  return day.getTime();
}

function tellHistory(told: Told, { words }: Kind, { file, isDryRun }: History, io: CommandIo): number {
  const count = (value: number) => value.toLocaleString("en-GB");
  const [one, many] = words;
  const fresh = told.items - told.known;
  const unreadable = told.skipped.get("unreadable") ?? 0;
  if (told.items === 0) throw new CommandError(`Cannot import "${file}": it has no whole ${one}.`);
  if (fresh > 0 && unreadable >= fresh && told.views === 0 && told.known === 0)
    throw new CommandError(
      `Cannot import "${file}": none of its ${count(fresh)} ${many} could be read. Nothing was imported.`,
    );
  io.line(`${count(told.items)} ${many}, ${count(told.known)} of them in already.`);
  io.line(`${count(told.views)} page views counted, ${count(told.visits)} of them visits.`);
  for (const [reason, number] of told.skipped) io.line(`${count(number)} not counted: ${SKIPPED[reason]}.`);
  if (!told.isWhole) io.warn(`"${file}" ends within a ${one}, which is left for the next import.`);
  if (isDryRun) io.line("Nothing was imported: this was a dry run.");
  return 0;
}
