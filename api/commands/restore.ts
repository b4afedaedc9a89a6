import { readRestoringMark } from "../backups/restoring-mark.ts";
import { type RestoreCertificate, restore } from "../backups/run-restore.ts";
import type { CommandArguments, PlainCommand } from "../command.ts";
import { type CommandIo, UsageError } from "../command-io.ts";
import { readSettings } from "../environment.ts";
import { createLogger } from "../logger.ts";

/** `roebuck restore`: a backup, or the journal alone, into stores that nobody serves. */
export const restoreCommand: PlainCommand = {
  name: "restore",
  summary: "Put a backup back, or with --journal the journal alone; everything people decided since is applied again.",
  prose: `It stops nothing itself. Embedded: stop the service first; a data folder that is open is refused. With Kafka and a ClickHouse
server: stop the transforms, the reporter and the api, and start them when it is done; what other processes stored while
the backup was made may then stand twice and counts once. A ClickHouse cluster is refused.

First everything is verified, and nothing is changed if anything is wrong. Then: the journal, of here or the folder of the
backups, whichever reaches further; the tables; what the log still has of the time after the backup; and then erasures,
withdrawals, restrictions, departures and clocks, before anything is served. Records of closed months, requests, runs and
the audit trail are only added to. What is on the log is judged by what holds now, as all that is late.

The key files must be in place before: they are in no backup. Killed anywhere, the stores refuse to open until the same
command has run to its end; it is safe to repeat.`,
  operands: [],
  flags: [
    { name: "yes", prose: "It replaces the tables: nothing is done without." },
    { name: "journal", prose: "Only the journal, if it was lost, is older than its copy, or was changed." },
    { name: "dir", value: "FOLDER", prose: "Where the backups are (default: ROEBUCK_BACKUP_DIR)." },
    {
      name: "identity",
      value: "FILE",
      prose:
        "The key that reads backups, if it is not in the key folder: a copy of backup.json, or AGE-SECRET-KEY-1... in a line.",
    },
  ],
  on: "nothing",
  optional: { name: "ID", prose: "A backup that `roebuck backups list` shows." },
  async run(args, io) {
    const asked = toAsked(args);
    const { settings, sites } = readSettings();
    try {
      tell(await restore({ settings, sites, logger: createLogger("error") }, asked, io.actor, io), io);
      return 0;
    } catch (error) {
      const begun = readRestoringMark(settings);
      if (begun !== undefined) {
        io.warn(
          `Nothing opens until the restore is whole: mend what is told below, then roebuck restore ${begun} --yes`,
        );
      }
      throw error;
    }
  },
};

function toAsked({ operands: { ID: id }, flags, switches }: CommandArguments) {
  const isJournal = switches.has("journal");
  if (isJournal === (id !== undefined)) throw new UsageError("Name a backup, or --journal for the journal alone.");
  if (!switches.has("yes")) {
    throw new UsageError(
      `Nothing was done: this ${isJournal ? "writes the journal" : "replaces the tables"}; say so with --yes.`,
    );
  }
  return {
    ...(id === undefined ? {} : { id }),
    ...(flags.dir === undefined ? {} : { dir: flags.dir }),
    ...(flags.identity === undefined ? {} : { identityFile: flags.identity }),
  };
}

function tell(certificate: RestoreCertificate, io: Pick<CommandIo, "line" | "warn">): void {
  for (const line of toRestoreLines(certificate)) io.line(line);
  if (certificate.rows.partners !== undefined) {
    io.line("Partners and officers are as the backup has them: import the CRM's file again.");
  }
  const { log } = certificate;
  if (log?.which === "other") {
    io.warn("The log is another than the backup knew: what came after the backup and is not on this log is lost.");
  } else if (log !== undefined && log.gone > 0) {
    io.warn(`${log.gone} records after the backup had left the log by their hours: what they told is lost.`);
  }
}

/** The certificate in words. Pure. */
export function toRestoreLines(certificate: RestoreCertificate): readonly string[] {
  const { id, backup, epoch, rows, journal, enforced, departed, forgotten, stored } = certificate;
  const count = (pick: (one: RestoreCertificate["enforced"][number]) => number) =>
    enforced.reduce((sum, one) => sum + pick(one), 0).toLocaleString("en-GB");
  const total = Object.values(rows)
    .reduce((sum, one) => sum + one, 0)
    .toLocaleString("en-GB");
  const isWhole = epoch !== undefined;
  return [
    `Journal: ${journal.count.toLocaleString("en-GB")} decisions, ${journal.from === "here" ? "the one here" : `of the copy (${journal.written} entries written)`}.`,
    ...(isWhole ? [`Backup ${backup}: ${total} rows; life ${epoch} of the store.`] : []),
    stored
      ? "What was on the log is stored, each record once."
      : "What is on the log is stored when the transforms run.",
    `Applied again: ${count((one) => one.erasedRows)} rows of erased people removed, ${count((one) => one.rectifiedRows)} rows rectified, ${count((one) => one.restrictedAdded)} pseudonyms restricted, ${departed} departures, ${forgotten} people forgotten, ${count((one) => one.restated)} records counted again.`,
    `Nothing that must be gone is left: looked at by the rows and on the disk. Certificate ${id}.`,
  ];
}
