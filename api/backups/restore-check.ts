import { existsSync } from "node:fs";
import type { EpochMs } from "../../schemas/ids.ts";
import type { JournalState } from "../../schemas/journal.ts";
import type { Log, Warehouse } from "../../schemas/ports.ts";
import type { Settings, Site } from "../../schemas/settings.ts";
import { followJournal } from "../../transform/journal-follow.ts";
import { JOURNAL_KEY } from "../../transform/journal-write.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import { type KeyFiles, openKeyFiles } from "../key-files.ts";
import { refuseOtherKeys } from "../keys/known-at-open.ts";
import { openKeyStore } from "../keys/open-key-store.ts";
import { type BackupIdentity, openBackupIdentity } from "./backup-key.ts";
import { findWrongKeys, toKeyFingerprints } from "./fingerprints.ts";
import { type FoundBackup, findBackup } from "./folder.ts";
import { chooseJournal, type JournalPlan, mendJournal, type ReadJournal } from "./journal-choice.ts";
import { findJournalCopies, readJournalCopy, readRawRecords, toChain } from "./journal-copy.ts";
import type { Manifest } from "./manifest.ts";
import { RestoreRefused } from "./restore-refusal.ts";
import { readSchemaVersion } from "./schema-version.ts";
import { toProblemWords, verifyFiles } from "./verify.ts";

/** What is looked at before anything is changed. */
export interface RestoreCheckParts {
  readonly settings: Settings;
  readonly sites: readonly Site[];
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly nowMs: EpochMs;
}

/** Where a backup and its key are. */
export interface RestoreSource {
  /** Folder of the backups. */
  readonly folder: string;
  readonly identityFile?: string;
}

/** A journal that may be put in force, with the keys that belong to it. */
export interface CheckedJournal {
  readonly key: BackupIdentity;
  readonly plan: JournalPlan;
  /** All records as they will stand. */
  readonly whole: ReadJournal;
  readonly keyFiles: KeyFiles;
}

/** A backup that may be put back. */
export interface CheckedBackup extends CheckedJournal {
  readonly own: string;
  readonly manifest: Manifest;
}

/**
 * Looks whether a backup may be put back: it is whole and of this installation's keys, its days are not over, and the
 * journal reaches as far as when it was made. Changes nothing.
 *
 * @throws RestoreRefused with the reason
 */
export async function checkBackup(
  parts: RestoreCheckParts,
  { folder, identityFile }: RestoreSource,
  id: string,
  io: Pick<CommandIo, "progress">,
): Promise<CheckedBackup> {
  const { settings, warehouse, nowMs } = parts;
  const key = await openBackupIdentity(settings, identityFile);
  const found = findKnown(folder, id, key);
  const manifest = toUsable(found);
  if (manifest.expiresMs <= nowMs) {
    throw new RestoreRefused(
      "expired",
      `Cannot restore backup ${id}: its days were over on ${new Date(manifest.expiresMs).toISOString()}; it may hold what must be gone. Use a newer one.`,
    );
  }
  const schema = await readSchemaVersion(warehouse);
  if (manifest.schema > schema) {
    throw new RestoreRefused(
      "schema",
      `Cannot restore backup ${id}: it was made with schema ${manifest.schema} and this release knows ${schema}. Use the release that made it, or a newer one.`,
    );
  }
  const broken = await verifyFiles(found.folder, manifest, key, io);
  if (broken !== undefined) throw new RestoreRefused("files", `Cannot restore backup ${id}: ${broken}`);
  const journal = await checkJournal(parts, folder, key, false);
  if (!journal.whole.chain.hasHead(manifest.journal)) {
    const reach = journal.whole.chain.head().count;
    throw reach < manifest.journal.count
      ? new RestoreRefused(
          "journal_older",
          `Cannot restore backup ${id}: it knows of ${manifest.journal.count} decisions, and the journal here and its copies reach ${reach}. People's erasures could be missing. Put a newer copy of the journal into "${folder}/journal".`,
        )
      : toFork(id);
  }
  refuseKeysOf(id, manifest, journal.keyFiles, await readState(journal.whole.records));
  return { ...journal, key, own: found.folder, manifest };
}

/**
 * Looks which journal reaches furthest, the one here or the latest copy, and whether the keys here belong to it.
 *
 * @param mends also where the journal here was changed: as far as the copy reaches
 * @throws RestoreRefused with the reason
 */
export async function checkJournal(
  parts: RestoreCheckParts,
  folder: string,
  key: BackupIdentity,
  mends: boolean,
): Promise<CheckedJournal> {
  const here = await readRawRecords(parts.log);
  const copy = await readLatestCopy(folder, key);
  const plan = toPlan(here, copy, mends);
  const records = toWhole(here, plan);
  const whole = { records, chain: toChain(records) };
  const keyFiles = openExistingKeys(parts);
  const held = { sealKey: keyFiles.collectorKeys().sealKey, pseudonym: keyFiles.pseudonymKeys() };
  try {
    refuseOtherKeys(held, await readState(records));
  } catch (error) {
    if (error instanceof CommandError) throw new RestoreRefused("keys_other", error.message);
    throw error;
  }
  return { key, plan, whole, keyFiles };
}

function toPlan(here: readonly Uint8Array[], copy: ReadJournal | undefined, mends: boolean): JournalPlan {
  const read = tryRead(here);
  if (read === undefined) {
    if (!mends) {
      throw new RestoreRefused(
        "journal_tampered",
        "Cannot restore: the journal here was changed, so that nobody knows what it decided. Put it back first: roebuck restore --journal --yes",
      );
    }
    const mended = copy === undefined ? "lost" : mendJournal(here, copy);
    if (mended !== "lost") return mended;
    throw new RestoreRefused(
      "journal_tampered",
      "Cannot put the journal back: entries here were changed that no copy has. Give a folder of backups with a copy that reaches further: --dir FOLDER",
    );
  }
  const chosen = chooseJournal(read, copy);
  if (chosen !== "fork") return chosen;
  throw toFork("");
}

function toFork(id: string): RestoreRefused {
  return new RestoreRefused(
    "journal_fork",
    `Cannot restore${id === "" ? "" : ` backup ${id}`}: the journal here and the one in the folder of the backups have each decided what the other does not know. They are of two installations, or one was begun anew; name the folder that belongs to this one: --dir FOLDER`,
  );
}

function toWhole(here: readonly Uint8Array[], plan: JournalPlan): readonly Uint8Array[] {
  switch (plan.kind) {
    case "keep":
      return here;
    case "append":
      return [...here, ...plan.records];
    case "replace":
      return plan.records;
  }
}

function tryRead(records: readonly Uint8Array[]): ReadJournal | undefined {
  try {
    return { records, chain: toChain(records) };
  } catch {
    return undefined;
  }
}

async function readLatestCopy(folder: string, key: BackupIdentity): Promise<ReadJournal | undefined> {
  try {
    const latest = findJournalCopies(folder, key).at(-1);
    return latest === undefined ? undefined : await readJournalCopy(folder, latest, key);
  } catch (error) {
    throw new RestoreRefused("journal_copy", error instanceof Error ? error.message : String(error));
  }
}

/** What the records of a journal come to, without a log. Throws JournalTampered, JournalUnreadable. */
export async function readState(records: readonly Uint8Array[]): Promise<JournalState> {
  const stopping = new AbortController();
  const batch = {
    stream: "journal" as const,
    partition: 0,
    first: 0,
    last: records.length - 1,
    records: records.map((value, offset) => ({ key: JOURNAL_KEY, value, offset })),
  };
  const journal = await followJournal(
    {
      ends: async () => new Map([[0, records.length]]),
      async *follow() {
        if (records.length > 0) yield batch;
      },
    },
    stopping.signal,
  );
  stopping.abort();
  return journal.state();
}

function findKnown(folder: string, id: string, key: BackupIdentity): FoundBackup {
  try {
    return findBackup(folder, id, key);
  } catch (error) {
    throw new RestoreRefused("unknown", error instanceof Error ? error.message : String(error));
  }
}

function toUsable({ id, manifest }: FoundBackup): Manifest {
  if (typeof manifest !== "string") return manifest;
  throw new RestoreRefused(manifest, `Cannot restore backup ${id}: ${toProblemWords(manifest)}.`);
}

/** Keys are never made here: with new ones every person would be a stranger. */
function openExistingKeys({ settings, sites }: RestoreCheckParts): KeyFiles {
  const store = openKeyStore(settings);
  const missing = (["collector", "pseudonym"] as const).filter((name) => {
    const file = store.file?.(name);
    return file === undefined ? store.read(name) === undefined : !existsSync(file);
  });
  if (missing.length > 0) {
    throw new RestoreRefused(
      "keys_missing",
      `Cannot restore without keys: ${missing.map((name) => `"${store.place(name)}"`).join(" and ")} must be put back from where you keep them. Without them nobody could be found or erased.`,
    );
  }
  return openKeyFiles(store, sites);
}

function refuseKeysOf(id: string, { keys }: Manifest, keyFiles: KeyFiles, state: JournalState): void {
  const wrong = findWrongKeys(keys, toKeyFingerprints(keyFiles.collectorKeys(), keyFiles.pseudonymKeys()), state);
  if (wrong.length === 0) return;
  throw new RestoreRefused(
    "keys_other",
    `Cannot restore backup ${id}: its rows were made with other keys than these: ${wrong.map((name) => `"${name}"`).join(", ")}. Put back the key files that belong to it.`,
  );
}
