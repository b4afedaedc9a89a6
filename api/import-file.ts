import { UNMATCHED, type Unmatched } from "../ingest/reports/contacts.ts";
import type { Presence } from "../ingest/reports/presence.ts";
import { type BadFile, isBadFile, type LineProblem } from "../ingest/reports/rows.ts";
import { isZone } from "../schemas/zone.ts";
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
