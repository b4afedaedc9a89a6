import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import { writeAudit } from "../audit.ts";
import { type BackupIdentity, openBackupIdentity, openBackupKey } from "../backups/backup-key.ts";
import { type FoundBackup, findBackup, listBackups, toBackupFolder } from "../backups/folder.ts";
import { findJournalCopies, readJournalCopy } from "../backups/journal-copy.ts";
import { SealBroken } from "../backups/sealed-file.ts";
import { toProblemWords, verifyFiles } from "../backups/verify.ts";
import type { Command, ServiceCommand } from "../command.ts";
import { CommandError, type CommandIo, UsageError } from "../command-io.ts";
import type { Service } from "../service.ts";
import { toTable } from "../table.ts";

const DIR = { name: "dir", value: "FOLDER", prose: "Where the backups are (default: ROEBUCK_BACKUP_DIR)." } as const;

const listCommand: ServiceCommand = {
  name: "backups list",
  summary: "List the backups, oldest first: when each was made, until when it is good, what it holds.",
  operands: [],
  flags: [DIR],
  on: "service",
  async run({ settings, clock }, { flags }, io) {
    const folder = toBackupFolder(settings, flags.dir);
    const found = listBackups(folder, await openBackupKey(settings));
    if (found.length === 0) {
      io.line(`There is no backup in "${folder}".`);
      return 0;
    }
    const rows = found.map((one) => toRow(one, clock.nowMs()));
    for (const line of toTable(["Id", "Good until (UTC)", "Rows", "Bytes", "Decisions", "State"], rows)) io.line(line);
    return 0;
  },
};

function toRow({ id, manifest }: FoundBackup, nowMs: EpochMs): readonly string[] {
  if (typeof manifest === "string") return [id, "-", "-", "-", "-", toProblemWords(manifest) ?? manifest];
  const { expiresMs, tables, journal } = manifest;
  const files = tables.flatMap((table) => table.files);
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0).toLocaleString("en-GB");
  return [
    id,
    new Date(expiresMs).toISOString().slice(0, 16).replace("T", " "),
    sum(files.map(({ rows }) => rows)),
    sum(files.map(({ bytes }) => bytes)),
    journal.count.toLocaleString("en-GB"),
    expiresMs <= nowMs ? "over; the next backup removes it" : "good",
  ];
}

const verifyCommand: ServiceCommand = {
  name: "backups verify",
  summary: "Read a backup, or all, to the last byte: its seal, its key, every file, the journal.",
  prose: "Exit code 1 if anything is wrong. What was found is kept for `roebuck check`.",
  operands: [{ name: "ID", prose: "A backup that `roebuck backups list` shows, or `all`." }],
  flags: [
    DIR,
    {
      name: "identity",
      value: "FILE",
      prose:
        "The key that reads backups, if it is not in the key folder: a copy of backup.json, or AGE-SECRET-KEY-1... in a line.",
    },
  ],
  on: "service",
  async run(service, { operands, flags }, io) {
    const id = operands.ID ?? "";
    const startedMs = service.clock.nowMs();
    const folder = toBackupFolder(service.settings, flags.dir);
    const key = await openBackupIdentity(service.settings, flags.identity);
    const found = id === "all" ? listBackups(folder, key) : [findBackup(folder, id, key)];
    if (found.length === 0) throw new UsageError(`There is no backup in "${folder}" to verify.`);
    await writeAudit(service, { actor: io.actor, action: "backups.verify", subject: id });
    const wrong: string[] = [];
    for (const one of found) {
      const problem = await findProblem(one, key, io);
      io.line(`${one.id}: ${problem ?? "whole"}`);
      if (problem !== undefined) wrong.push(one.id);
    }
    const problem = await findJournalProblem(folder, key);
    io.line(`journal: ${problem ?? "whole"}`);
    if (problem !== undefined) wrong.push("journal");
    await noteVerification(service, startedMs, id, wrong);
    return wrong.length === 0 ? 0 : 1;
  },
};

async function findProblem(
  { folder, manifest }: FoundBackup,
  key: BackupIdentity,
  io: Pick<CommandIo, "progress">,
): Promise<string | undefined> {
  return typeof manifest === "string" ? toProblemWords(manifest) : verifyFiles(folder, manifest, key, io);
}

async function findJournalProblem(folder: string, key: BackupIdentity): Promise<string | undefined> {
  try {
    const latest = findJournalCopies(folder, key).at(-1);
    if (latest === undefined) return "there is no copy of it";
    await readJournalCopy(folder, latest, key);
    return undefined;
  } catch (error) {
    if (error instanceof CommandError || error instanceof SealBroken) return error.message;
    throw error;
  }
}

async function noteVerification(
  { warehouse, clock }: Service,
  startedMs: EpochMs,
  subject: string,
  wrong: readonly string[],
): Promise<void> {
  const row = {
    id: randomUUID(),
    kind: "backup verification",
    subject,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(clock.nowMs()),
    outcome: wrong.length === 0 ? "done" : "failed",
    detail: JSON.stringify({ wrong }),
  };
  await warehouse.insertRows("runs", [row]);
}

/** `roebuck backups list` and `backups verify`. */
export const backupsCommands: readonly Command[] = [listCommand, verifyCommand];
