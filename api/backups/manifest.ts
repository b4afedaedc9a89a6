import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { KEY_FINGERPRINTS } from "./fingerprints.ts";

/** The format of backups that this release writes, and the newest that it reads. */
export const BACKUP_VERSION = 1;

const count = z.number().int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** How far the journal reached, as a backup tells it. */
const HEAD = z.object({ count, hash: z.string() });

const FILE = z.object({
  /** Below the folder of the backup: `engagement/20260228.age`. */
  path: z.string().regex(/^[a-z_]+\/[a-z0-9]+\.age$/),
  rows: count,
  /** Of the file as it lies on the disk. */
  bytes: count,
  sha256: hash,
  /** SHA-256 of what is inside, decrypted and unpacked. */
  contentSha256: hash,
});
/** One encrypted file of a backup. */
export type BackupFile = z.infer<typeof FILE>;

const MANIFEST = z.object({
  v: z.literal(BACKUP_VERSION),
  id: z.string(),
  /** UTC, milliseconds. */
  createdMs: count,
  expiresMs: count,
  /** Last migration of the store. */
  schema: count,
  retentionDays: count,
  /** Days of people's rows before this one (`20260228`) were left out, but for what a legal hold covered. */
  firstPartition: z.string(),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()), files: z.array(FILE) })),
  log: z.object({
    /** Which log: positions mean nothing in another. */
    id: z.string(),
    /** Offset by partition of `events`: what lies before is in the tables. */
    positions: z.record(z.string(), count),
    ends: z.record(z.string(), count),
    /** False: other processes went on storing while the positions were read. */
    isPaused: z.boolean(),
  }),
  journal: HEAD,
  keys: KEY_FINGERPRINTS,
});
/** What a backup says of itself. Nothing personal: counts, days, names of tables. */
export type Manifest = z.infer<typeof MANIFEST>;

const JOURNAL_MANIFEST = z.object({
  v: z.literal(BACKUP_VERSION),
  createdMs: count,
  head: HEAD,
  /** Name of the file with the entries. */
  file: z.string().regex(/^[0-9]+-[A-Za-z0-9_-]+\.age$/),
  records: count,
  bytes: count,
  sha256: hash,
  contentSha256: hash,
});
/** What a copy of the journal says of itself. */
export type JournalManifest = z.infer<typeof JOURNAL_MANIFEST>;

/** Why a manifest cannot be used. */
export type ManifestProblem = "tampered" | "version" | "invalid";

/** Writes a manifest with its seal (HMAC-SHA-256): a file that was exchanged, left out or changed is seen. Pure. */
export function sealManifest(manifest: Manifest | JournalManifest, macKey: Uint8Array): string {
  const body = JSON.stringify(manifest);
  return `${JSON.stringify({ body, mac: toMac(body, macKey) }, null, 2)}\n`;
}

/** Reads the manifest of a backup. Pure. */
export function openManifest(text: string, macKey: Uint8Array): Manifest | ManifestProblem {
  return open(text, macKey, MANIFEST);
}

/** Reads the manifest of a copy of the journal. Pure. */
export function openJournalManifest(text: string, macKey: Uint8Array): JournalManifest | ManifestProblem {
  return open(text, macKey, JOURNAL_MANIFEST);
}

function open<T>(text: string, macKey: Uint8Array, shape: z.ZodType<T>): T | ManifestProblem {
  const sealed = z.object({ body: z.string(), mac: z.string() }).safeParse(parse(text));
  if (!sealed.success) return "tampered";
  const { body, mac } = sealed.data;
  const wanted = Buffer.from(toMac(body, macKey));
  const given = Buffer.from(mac);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "tampered";
  const content = parse(body);
  const parsed = shape.safeParse(content);
  if (parsed.success) return parsed.data;
  const { v } = z.object({ v: z.unknown() }).catch({ v: undefined }).parse(content);
  return v === BACKUP_VERSION ? "invalid" : "version";
}

function toMac(body: string, macKey: Uint8Array): string {
  return createHmac("sha256", macKey).update(body).digest("base64url");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
