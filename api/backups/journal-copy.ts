import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { EpochMs } from "../../schemas/ids.ts";
import type { JournalHead } from "../../schemas/journal.ts";
import type { Log } from "../../schemas/ports.ts";
import { JournalChain } from "../../transform/journal-chain.ts";
import { CommandError } from "../command-io.ts";
import type { BackupIdentity, BackupKey } from "./backup-key.ts";
import { syncFolder, writeDurably } from "./folder.ts";
import { BACKUP_VERSION, type JournalManifest, openJournalManifest, sealManifest } from "./manifest.ts";
import { readSealedFile, writeSealedFile } from "./sealed-file.ts";

/** How many copies of the journal are kept: the latest, and some before it. */
const COPIES_KEPT = 3;
const LENGTH_BYTES = 4;

function toJournalFolder(folder: string): string {
  return join(folder, "journal");
}

/**
 * Every record of the journal as it lies in the log, in its order, and how far they reach.
 *
 * @throws LogUnavailable; JournalTampered, JournalUnreadable if they cannot be trusted
 */
export async function readJournalRecords(
  log: Pick<Log, "follow" | "ends">,
): Promise<{ readonly records: readonly Uint8Array[]; readonly chain: JournalChain }> {
  const records = await readRawRecords(log);
  return { records, chain: toChain(records) };
}

/** As {@link readJournalRecords}, without looking at them. */
export async function readRawRecords(log: Pick<Log, "follow" | "ends">): Promise<readonly Uint8Array[]> {
  const ends = await log.ends("journal");
  const left = new Map([...ends].filter(([, end]) => end > 0));
  const records: Uint8Array[] = [];
  const stopping = new AbortController();
  try {
    if (left.size === 0) return records;
    for await (const batch of log.follow("journal", stopping.signal)) {
      for (const { offset, value } of batch.records) if (offset < (ends.get(batch.partition) ?? 0)) records.push(value);
      if (batch.last + 1 >= (ends.get(batch.partition) ?? 0)) left.delete(batch.partition);
      if (left.size === 0) break;
    }
  } finally {
    stopping.abort();
  }
  return records;
}

/** Reads records into a chain. Throws JournalTampered, JournalUnreadable. Pure. */
export function toChain(records: readonly Uint8Array[]): JournalChain {
  const chain = new JournalChain();
  for (const record of records) chain.read(record);
  return chain;
}

/**
 * Copies the whole journal to the folder of the backups. It never goes backwards: a copy that reaches further, or that
 * tells of other decisions, is not replaced.
 *
 * @returns how far the copy reaches
 * @throws CommandError if the journal here is older than the copy, or not the same; the message says what to do
 * @throws LogUnavailable, JournalTampered, JournalUnreadable; Error of the disk
 */
export async function copyJournal(
  log: Pick<Log, "follow" | "ends">,
  folder: string,
  key: BackupKey,
  nowMs: EpochMs,
): Promise<JournalHead> {
  const { records, chain } = await readJournalRecords(log);
  const head = chain.head();
  const own = toJournalFolder(folder);
  const last = findJournalCopies(folder, key).at(-1);
  if (last !== undefined && !chain.hasHead(last.head)) {
    throw new CommandError(
      `Cannot copy the journal to "${own}": the copy there reaches ${last.head.count} decisions, the journal here ${head.count}, and decisions of the copy are missing here. Put them back: stop the service, then roebuck restore --journal --yes`,
    );
  }
  await writeJournalCopy(records, head, folder, key, nowMs);
  return head;
}

/** Writes a copy of these records; older ones beyond {@link COPIES_KEPT} go. Throws what the disk throws. */
export async function writeJournalCopy(
  records: readonly Uint8Array[],
  head: JournalHead,
  folder: string,
  key: BackupKey,
  nowMs: EpochMs,
): Promise<void> {
  const own = toJournalFolder(folder);
  const name = `${String(head.count).padStart(12, "0")}-${randomBytes(6).toString("hex")}`;
  const file = `${name}.age`;
  const sealed = await writeSealedFile(join(own, file), toFramed(records), key.recipient);
  syncFolder(own);
  const manifest: JournalManifest = {
    v: BACKUP_VERSION,
    createdMs: nowMs,
    head,
    file,
    records: records.length,
    ...sealed,
  };
  writeDurably(join(own, `${name}.json`), sealManifest(manifest, key.macKey));
  removeOldCopies(own, name);
}

/**
 * The copies of the journal that can be used, the one that reaches furthest last.
 *
 * @throws CommandError if one was changed: none that comes after it may then be taken for the latest
 */
export function findJournalCopies(folder: string, key: Pick<BackupKey, "macKey">): readonly JournalManifest[] {
  const own = toJournalFolder(folder);
  if (!existsSync(own)) return [];
  const copies = readdirSync(own)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const manifest = openJournalManifest(readFileSync(join(own, name), "utf8"), key.macKey);
      if (typeof manifest !== "string") return manifest;
      throw new CommandError(
        `Cannot use the copy of the journal "${join(own, name)}": ${manifest === "version" ? "it is of a newer release; use that" : "its seal is wrong: it was changed, or belongs to another key. Give its key with --identity FILE, or take the file away if you know why it is there"}.`,
      );
    });
  return copies.toSorted((a, b) => a.head.count - b.head.count || a.createdMs - b.createdMs);
}

/**
 * The records of a copy of the journal.
 *
 * @throws SealBroken if the file is not what was written; CommandError if it does not reach as far as it says
 */
export async function readJournalCopy(
  folder: string,
  copy: JournalManifest,
  { identity }: BackupIdentity,
): Promise<{ readonly records: readonly Uint8Array[]; readonly chain: JournalChain }> {
  const file = join(toJournalFolder(folder), copy.file);
  const records = await fromFramed(readSealedFile(file, copy, identity));
  const chain = toChain(records);
  const { count, hash } = chain.head();
  if (records.length === copy.records && count === copy.head.count && hash === copy.head.hash) {
    return { records, chain };
  }
  throw new CommandError(`Cannot use the copy of the journal "${file}": it is not whole. Use an older one.`);
}

function removeOldCopies(own: string, latest: string): void {
  const names = readdirSync(own).map((name) => name.replace(/\.(?:age|json)(?:\.new)?$/, ""));
  const whole = [...new Set(names)].filter((name) => existsSync(join(own, `${name}.json`))).toSorted();
  const kept = new Set([...whole.filter((name) => name !== latest).slice(1 - COPIES_KEPT), latest]);
  for (const name of readdirSync(own)) {
    if (!kept.has(name.replace(/\.(?:age|json)(?:\.new)?$/, ""))) rmSync(join(own, name), { force: true });
  }
}

/** Each record with its length before it (4 bytes, big-endian). */
async function* toFramed(records: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const record of records) {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(record.length);
    yield Buffer.concat([length, record]);
  }
}

async function fromFramed(content: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const records: Uint8Array[] = [];
  for (let at = 0; at + LENGTH_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    records.push(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    at += LENGTH_BYTES + length;
  }
  return records;
}
