import { type PurgeCertificate, purge } from "../clocks/purge.ts";
import type { ServiceCommand } from "../command.ts";
import { toTable } from "../table.ts";

/** `roebuck purge`: what has had its year goes now; the running service does it each night by itself. */
export const purgeCommand: ServiceCommand = {
  name: "purge",
  summary: "Remove what has had its year, look that nothing is left, and print the certificate.",
  prose: `A running service does this each night after 02:00 UTC. A UTC day leaves the tables when it is
ROEBUCK_RETENTION_DAYS days ago; stored events and quarantined records leave the log by ROEBUCK_LOG_RETENTION_HOURS.
What a legal hold covers is kept aside. A purge that was killed is finished by the next one.`,
  operands: [],
  flags: [{ name: "dry-run", prose: "Count what would go; change nothing." }],
  on: "service",
  async run(service, args, io) {
    const dryRun = args.switches.has("dry-run");
    for (const line of toCertificateLines(await purge(service, { dryRun, signal: io.signal }, io.actor))) io.line(line);
    return 0;
  },
};

/** The certificate in words. Pure. */
export function toCertificateLines(certificate: PurgeCertificate): readonly string[] {
  const { dryRun, lastDay, rule, tables, released, titles, log, id } = certificate;
  const toTime = (ms: number) => new Date(ms).toISOString();
  const table = toTable(
    ["Table", "Days", "From", "To", "Rows before", "Rows after", "Kept by hold"],
    tables.map(({ table: name, partitions, rowsBefore, rowsAfter, held }) => [
      name,
      String(partitions.length),
      toDay(partitions[0]),
      toDay(partitions.at(-1)),
      rowsBefore.toLocaleString("en-GB"),
      rowsAfter.toLocaleString("en-GB"),
      held.toLocaleString("en-GB"),
    ]),
  );
  const outcome = dryRun
    ? "Dry run: nothing was changed."
    : `Nothing of these days is left: looked at by partition, by the rows' times and on the disk. Certificate ${id}.`;
  return [
    `Rule: ${rule}; up to and including ${lastDay} (UTC).`,
    ...table,
    `Held rows released: ${released.toLocaleString("en-GB")}. Titles nobody was shown since: ${titles.toLocaleString("en-GB")}.`,
    ...(dryRun
      ? []
      : [
          `Log: ${log.events} events and ${log.quarantine} quarantined records by their hours, ${log.imports} imported.`,
        ]),
    `From ${toTime(certificate.startedMs)} to ${toTime(certificate.endedMs)}.`,
    outcome,
  ];
}

function toDay(partition: string | undefined): string {
  return partition === undefined ? "-" : partition.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
}
