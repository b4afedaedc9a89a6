import { UNMATCHED, type Unmatched } from "../ingest/reports/contacts.ts";
import type { Presence } from "../ingest/reports/presence.ts";
import { type BadFile, isBadFile, type LineProblem } from "../ingest/reports/rows.ts";
import { toCountedWords } from "../reporting/words.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import type { DropReason } from "../schemas/verdict.ts";
import { isZone } from "../schemas/zone.ts";
import { dropOutsideClock } from "../transform/clock.ts";
import type { CommandArguments } from "./command.ts";
import { CommandError, type CommandIo, UsageError } from "./command-io.ts";
import type { Service } from "./service.ts";

/** Bad lines that are shown; the rest is counted. */
const SHOWN_MAX = 50;

/** The zone of a file's times: as given, or the installation's. Throws UsageError for one that is not known. */
export function toZone({ settings }: Pick<Service, "settings">, flags: CommandArguments["flags"]): string {
  const zone = flags.zone ?? settings.defaultZone;
  if (!isZone(zone))
    throw new UsageError(`--zone "${zone}" is not known: it must be an IANA zone such as Europe/London.`);
  return zone;
}

/** The site of an import: as given, or the first. Throws UsageError for one that is not registered. */
export function toSite(service: Pick<Service, "sites">, { flags }: CommandArguments): string {
  const site = flags.site ?? service.sites[0]?.id ?? "";
  if (!service.sites.some(({ id }) => id === site))
    throw new UsageError(
      `--site "${site}" is not one of ROEBUCK_SITES: ${service.sites.map(({ id }) => id).join(", ")}.`,
    );
  return site;
}

/** Passes on what could be read. Otherwise lists what is wrong and throws CommandError. */
export function toSound<T extends object>(outcome: T | BadFile, file: string, io: CommandIo): T {
  if (isBadFile(outcome)) throw refuseProblems(outcome.problems, file, io);
  return outcome;
}

/** Lists what is wrong with a file; answers the error to throw. */
export function refuseProblems(problems: readonly LineProblem[], file: string, io: CommandIo): CommandError {
  for (const { line, problem } of problems.slice(0, SHOWN_MAX))
    io.warn(line === 0 ? problem : `line ${line}: ${problem}`);
  if (problems.length > SHOWN_MAX) io.warn(`and ${problems.length - SHOWN_MAX} more.`);
  const many = `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
  return new CommandError(`Cannot import "${file}": ${many}, as listed. Nothing was imported.`);
}

/**
 * Warns of events that the transform will drop for their time, with why: they are not stored and count in no figure.
 *
 * @param words what one and several of these events are called
 */
export function tellOutsideClock(
  service: Pick<Service, "settings">,
  times: readonly number[],
  nowMs: EpochMs,
  words: readonly [one: string, many: string],
  io: CommandIo,
): void {
  const { lateHoursMax, futureMinutesMax, retentionDays } = service.settings;
  const limits = {
    lateMsMax: lateHoursMax * 3_600_000,
    futureMsMax: futureMinutesMax * 60_000,
    retentionMs: retentionDays * 86_400_000,
  };
  const verdicts = times.map((at) =>
    dropOutsideClock({ atMs: toEpochMs(at), receivedMs: nowMs, origin: "import" }, limits, nowMs),
  );
  const count = (reason: DropReason) => verdicts.filter((one) => "dropped" in one && one.dropped === reason).length;
  const [future, expired] = [count("in_future"), count("expired")];
  const tell = (many: number, why: string) =>
    io.warn(`${toCountedWords(many, ...words)} will not be stored or counted: ${why}.`);
  if (future > 0) tell(future, "the date lies in the future (in_future)");
  if (expired > 0)
    tell(expired, `the date lies beyond the ${toCountedWords(retentionDays, "day", "days")} that are kept (expired)`);
}

/** Somebody whom the contacts do not know. */
interface NotFound {
  readonly presence: Pick<Presence, "line" | "emails" | "names">;
  readonly reason: Unmatched;
}

/** How many were not found, by reason; who, only on request and only on the terminal of whoever asked. */
export function tellUnmatched(unmatched: readonly NotFound[], isShown: boolean, io: CommandIo): void {
  if (unmatched.length === 0) return;
  const counts = Object.entries(UNMATCHED).flatMap(([reason, words]) => {
    const count = unmatched.filter((one) => one.reason === reason).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  io.line(`${unmatched.length} not matched: ${counts.join(", ")}.`);
  if (!isShown) return;
  for (const { presence } of unmatched)
    io.line(`  line ${presence.line}: ${[...presence.names.slice(0, 1), ...presence.emails.slice(0, 1)].join(", ")}`);
}
