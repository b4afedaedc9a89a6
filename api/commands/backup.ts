import type { BackupCertificate } from "../backups/backup-certificate.ts";
import { runBackup } from "../backups/run-backup.ts";
import type { ServiceCommand } from "../command.ts";

/** `roebuck backup`: a backup now; the running service makes one each night by itself. */
export const backupCommand: ServiceCommand = {
  name: "backup",
  summary: "Make a backup of the tables and the journal now, encrypted, and read it back.",
  prose: `With ROEBUCK_BACKUP_DIR set a running service does this each night after the purge. Keys are not in it: keep the key
folder apart from the backups, because whoever has both has everything. Days of people's rows that would have to be gone
before the backup is are left out. Backups beyond ROEBUCK_BACKUP_DAYS are removed. Storing pauses for a moment; beacons
do not notice. On a ClickHouse cluster the tables are read one after the other, as they are when their turn comes.`,
  operands: [],
  flags: [{ name: "dir", value: "FOLDER", prose: "Where to (default: ROEBUCK_BACKUP_DIR)." }],
  on: "service",
  async run(service, { flags }, io) {
    const certificate = await runBackup(service, flags.dir === undefined ? {} : { dir: flags.dir }, io.actor, io);
    for (const line of toBackupLines(certificate)) io.line(line);
    return 0;
  },
};

/** The certificate in words. Pure. */
export function toBackupLines(certificate: BackupCertificate): readonly string[] {
  const { id, folder, rows, files, bytes, journalCount, firstPartition, expiresMs, removed } = certificate;
  const day = firstPartition.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  return [
    `Backup ${id}: ${rows.toLocaleString("en-GB")} rows in ${files} files, ${bytes.toLocaleString("en-GB")} bytes, and ${journalCount.toLocaleString("en-GB")} decisions of the journal; read back whole.`,
    `It lies in ${folder}, is good until ${new Date(expiresMs).toISOString()} and has people's rows from ${day} on.`,
    ...(removed.length === 0 ? [] : [`Removed: ${removed.join(", ")}.`]),
  ];
}
