import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Log } from "../../schemas/ports.ts";
import { beginRestoring, endRestoring, noteRestoring, readStoreEpoch } from "../../transform/warehouse/store-epoch.ts";
import { TRANSFORM_GROUP } from "../../transform/worker.ts";
import { UNKNOWN_SUBJECT, writeAudit } from "../audit.ts";
import { removeDeparted } from "../clocks/departures.ts";
import { untilOldPartsGone } from "../clocks/old-parts.ts";
import { purge } from "../clocks/purge.ts";
import { forgetSilent } from "../clocks/silent-people.ts";
import { isCluster } from "../cluster.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { countGoneRows, type EnforcedCounts, enforceJournal } from "../rights/enforce.ts";
import { keepBackupKey, openBackupIdentity } from "./backup-key.ts";
import { dropClones } from "./clones.ts";
import { toBackupFolder } from "./folder.ts";
import { writeJournalCopy } from "./journal-copy.ts";
import { toLogIdentity } from "./log-identity.ts";
import type { Manifest } from "./manifest.ts";
import { isBackupId } from "./plan.ts";
import { type CheckedBackup, type CheckedJournal, checkBackup, checkJournal } from "./restore-check.ts";
import {
  openRestoreHouse,
  type RestoreHouse,
  type RestoreParts,
  type RestoreService,
  storeBacklog,
  toRestoreService,
} from "./restore-house.ts";
import { fillJournal } from "./restore-journal.ts";
import { RestoreRefused } from "./restore-refusal.ts";
import { restoreTables } from "./restore-tables.ts";
import { clearRestoringMark, JOURNAL_ALONE, readRestoringMark, setRestoringMark } from "./restoring-mark.ts";
import { BACKED_UP_TABLES } from "./tables.ts";

/** What is asked to be put back. */
export interface RestoreAsked {
  /** Id of a backup; absent: the journal alone. */
  readonly id?: string;
  /** Folder of the backups, in place of the setting. */
  readonly dir?: string;
  readonly identityFile?: string;
}

/** The proof of a restore: counts, nothing of anybody. */
export interface RestoreCertificate {
  readonly id: string;
  /** The backup; `--journal` if the journal alone was put back. */
  readonly backup: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  /** Which life of the store began; absent if only the journal was put back. */
  readonly epoch?: number;
  /** Rows that the backup has, by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly journal: { readonly count: number; readonly from: "here" | "copy"; readonly written: number };
  readonly log?: LogReturn;
  /** What was on the log is stored again; `false`: the transforms do it when they run. */
  readonly stored: boolean;
  /** Before and after what was on the log was stored. */
  readonly enforced: readonly EnforcedCounts[];
  readonly departed: number;
  readonly forgotten: number;
}

/** From where on the log is stored again. */
export interface LogReturn {
  /** `same`: from where the backup was made; `other`: it is another log, or it was lost: from its beginning. */
  readonly which: "same" | "other";
  /** Records after the backup that had left the log: what they told is lost. */
  readonly gone: number;
}

/**
 * Puts a backup back, or the journal alone, into stores that nobody serves: everything is verified before anything is
 * changed; then the journal is made the one that reaches furthest, the tables those of the backup, and what the log
 * still has of the time after it is stored once more. Erasures, withdrawals, restrictions, rectifications, departures
 * and clocks are applied again before anything may be served.
 *
 * Killed anywhere, the stores refuse to open until the same command has run to its end.
 *
 * @throws RestoreRefused with the reason, which is in the audit trail; nothing was changed
 * @throws Error if the stores are in use, damaged or away; CommandError if something that must be gone is not
 * @see GDPR Art. 5(1)(d), 17, 32(1)(c)
 */
export async function restore(
  parts: RestoreParts,
  asked: RestoreAsked,
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<RestoreCertificate> {
  await using house = await openRestoreHouse(parts);
  const subject = asked.id ?? JOURNAL_ALONE;
  const folder = toBackupFolder(house.settings, asked.dir);
  const startedMs = house.clock.nowMs();
  const checked = await noteRefusals(house, toNoted(asked.id), actor, () => check(house, folder, asked, io));
  await writeAudit(house, { actor, action: "restore", subject });
  setRestoringMark(house.settings, subject);
  const before = await noteRestoring(house.warehouse, subject, startedMs);
  io.progress("Restore the journal", 0, 1);
  if (checked.plan.kind === "replace") {
    const { records, chain } = checked.whole; // what stands here alone must outlive being killed while it is written anew
    await writeJournalCopy(records, chain.head(), folder, checked.key, startedMs);
  }
  const written = await fillJournal(house.log, checked.plan);
  const stopping = new AbortController();
  using _ = { [Symbol.dispose]: () => stopping.abort() };
  const service = await toRestoreService(house, checked.keyFiles, stopping.signal);
  const data = "manifest" in checked ? await putBack(house, checked, startedMs, io) : undefined;
  const replayed = await replay(house, service, { backup: subject, epoch: data?.epoch ?? before }, actor, io);
  const certificate: RestoreCertificate = {
    id: randomUUID(),
    backup: subject,
    startedMs,
    endedMs: house.clock.nowMs(),
    rows: {},
    ...data,
    journal: {
      count: service.followed.head().count,
      from: checked.plan.kind === "keep" ? "here" : "copy",
      written,
    },
    ...replayed,
  };
  await noteCertificate(house, certificate);
  keepBackupKey(house.settings, checked.key);
  clearRestoringMark(house.settings);
  return certificate;
}

async function check(
  house: RestoreHouse,
  folder: string,
  { id, identityFile }: RestoreAsked,
  io: Pick<CommandIo, "progress">,
): Promise<CheckedBackup | CheckedJournal> {
  const parts = { ...house, nowMs: house.clock.nowMs() };
  if (id === undefined) {
    const { restoring } = await readStoreEpoch(house.warehouse);
    const begun = readRestoringMark(house.settings) ?? restoring ?? JOURNAL_ALONE;
    if (begun !== JOURNAL_ALONE) {
      throw new RestoreRefused(
        "other_restore",
        `Cannot put the journal alone back: the restore of backup ${begun} was begun and is not whole. Finish it: roebuck restore ${begun} --yes`,
      );
    }
    const key = await openBackupIdentity(house.settings, identityFile);
    return checkJournal(parts, folder, key, true);
  }
  if (isCluster(house.settings)) {
    throw new RestoreRefused(
      "cluster",
      `Cannot restore backup ${id} into a ClickHouse cluster: this release restores into one server or the embedded engine. Restore there, and copy the tables with ClickHouse's own BACKUP and RESTORE.`,
    );
  }
  return checkBackup(parts, { folder, ...(identityFile === undefined ? {} : { identityFile }) }, id, io);
}

/** An id that somebody typed, if it has the form of one: any other word might name a person. */
function toNoted(id: string | undefined): string {
  if (id === undefined) return JOURNAL_ALONE;
  return isBackupId(id) ? id : UNKNOWN_SUBJECT;
}

async function noteRefusals<T>(
  house: RestoreHouse,
  subject: string,
  actor: string,
  look: () => Promise<T>,
): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof CommandError) {
      const refused = error instanceof RestoreRefused ? error.code : "not_possible";
      await writeAudit(house, { actor, action: "restore", subject, detail: { refused } });
    }
    throw error;
  }
}

/** The tables and the place on the log. */
async function putBack(
  house: RestoreHouse,
  { manifest, own, key }: CheckedBackup,
  nowMs: EpochMs,
  io: Pick<CommandIo, "progress">,
): Promise<{ readonly epoch: number; readonly rows: Readonly<Record<string, number>>; readonly log: LogReturn }> {
  const { warehouse, log, settings } = house;
  await dropClones(warehouse);
  const epoch = await beginRestoring(warehouse, manifest.id, nowMs);
  const returned = await rewindLog(log, manifest, toLogIdentity(settings));
  const rows = await restoreTables(warehouse, { own, manifest, key, epoch }, io);
  return { epoch, rows, log: returned };
}

/** Positions mean something in the log alone that they were read in. One that does not reach them was begun anew. */
async function rewindLog(log: Log, { log: known }: Manifest, identity: string): Promise<LogReturn> {
  const ends = await log.ends("events");
  const isSame =
    known.id === identity &&
    Object.entries(known.positions).every(([partition, offset]) => (ends.get(Number(partition)) ?? 0) >= offset);
  const wanted = new Map(
    [...ends.keys()].map((partition) => [partition, isSame ? (known.positions[partition] ?? 0) : 0]),
  );
  await log.rewind("events", TRANSFORM_GROUP, wanted);
  if (!isSame) return { which: "other", gone: 0 };
  const positions = await log.positions("events", TRANSFORM_GROUP);
  const gone = [...wanted].reduce((sum, [partition, offset]) => sum + (positions.get(partition) ?? offset) - offset, 0);
  return { which: "same", gone };
}

/**
 * Applies what was decided and what is due. Departures and erasures come before events are stored again; who was silent
 * is known only after.
 */
async function replay(
  house: RestoreHouse,
  service: RestoreService,
  { backup, epoch }: { readonly backup: string; readonly epoch: number },
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<Pick<RestoreCertificate, "enforced" | "departed" | "forgotten" | "stored">> {
  io.progress("Apply the journal", 0, 5);
  const before = await enforceJournal(service, { isRestoring: true });
  const departures = await removeDeparted(service, { dryRun: false, again: true }, actor);
  const { warehouse } = house;
  await endRestoring(warehouse, epoch, backup, house.clock.nowMs());
  io.progress("Store what is on the log", 1, 5);
  const stored = await storeBacklog(house, service, io);
  io.progress("Apply the journal", 2, 5);
  // Elsewhere events are still to be stored: the night counts records again and looks who was silent.
  const after = await enforceJournal(service, { isRestoring: !stored });
  const forgotten = stored ? (await forgetSilent(service, { dryRun: false }, actor)).forgotten : 0;
  io.progress("Purge", 3, 5);
  await purge(service, { dryRun: false, signal: io.signal }, actor);
  io.progress("Verify", 4, 5);
  await verifyGone(service, io.signal);
  io.progress("Verify", 5, 5);
  const departed = departures.filter(({ held }) => !held).length;
  return { enforced: [before, after], departed, forgotten, stored };
}

async function verifyGone(service: RestoreService, signal: AbortSignal): Promise<void> {
  const left = await countGoneRows(service);
  if (left > 0)
    throw new CommandError(`Cannot finish the restore: ${left} rows of erased people are there. Run it again.`);
  const tables = [...BACKED_UP_TABLES.map(({ name }) => name), "restricted"];
  const parts = await untilOldPartsGone(service.warehouse, tables, { signal });
  if (parts === 0) return;
  throw new CommandError(
    `Cannot finish the restore: ${parts} parts that were replaced are still on the disk. A long query may hold them; end it and run the restore again.`,
  );
}

async function noteCertificate(house: RestoreHouse, certificate: RestoreCertificate): Promise<void> {
  const { id, backup, startedMs, endedMs, ...detail } = certificate;
  const row = {
    id,
    kind: "restore",
    subject: backup,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await house.warehouse.insertRows("runs", [row], `restore:${id}`);
}
