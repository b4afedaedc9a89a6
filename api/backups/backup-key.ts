import { hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { z } from "zod";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";
import { toKeysFolder } from "../folders.ts";

const FILE = z.object({
  v: z.literal(1),
  /** Public: `age1...`; what backups are encrypted for. */
  recipient: z.string().startsWith("age1"),
  /** Seals manifests; derived from the identity, base64url. */
  mac: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Secret: `AGE-SECRET-KEY-1...`; what backups are read with. Absent if it is kept elsewhere. */
  identity: z.string().startsWith("AGE-SECRET-KEY-1").optional(),
});

/** The key of the backups. */
export interface BackupKey {
  readonly recipient: string;
  readonly macKey: Uint8Array;
  readonly identity?: string;
}

/** A backup key that can read. */
export type BackupIdentity = BackupKey & { readonly identity: string };

/** Where the key of the backups lies. */
export function toBackupKeyFile(settings: Pick<Settings, "dataDir" | "keysDir">): string {
  return join(toKeysFolder(settings), "backup.json");
}

/**
 * Reads the key of the backups, making it at its first use.
 *
 * @throws CommandError if others than its owner can read the file, or it is not a key file
 */
export async function openBackupKey(settings: Pick<Settings, "dataDir" | "keysDir">): Promise<BackupKey> {
  const file = toBackupKeyFile(settings);
  if (!existsSync(file)) {
    const identity = await generateX25519Identity();
    const { recipient, macKey } = await toBackupIdentity(identity);
    createOnce(file, { v: 1, recipient, mac: Buffer.from(macKey).toString("base64url"), identity });
  }
  return readBackupKey(file);
}

/**
 * The key that reads backups: of a file that was kept elsewhere, or of the key folder.
 *
 * @param identityFile a copy of `backup.json`, or a text file with a line `AGE-SECRET-KEY-1...`
 * @throws CommandError if there is none
 */
export async function openBackupIdentity(
  settings: Pick<Settings, "dataDir" | "keysDir">,
  identityFile?: string,
): Promise<BackupIdentity> {
  if (identityFile !== undefined) return toBackupIdentity(readIdentity(identityFile));
  const file = toBackupKeyFile(settings);
  const key = existsSync(file) ? readBackupKey(file) : undefined;
  if (key?.identity !== undefined) return { ...key, identity: key.identity };
  throw new CommandError(
    `Cannot read backups: ${key === undefined ? `there is no "${file}"` : `"${file}" holds no identity`}. Name the file that the identity is kept in: --identity FILE`,
  );
}

/**
 * Keeps what new backups need of a key that reads old ones, where there is none yet: the next backup then joins those
 * that are there. The identity stays where it was given from.
 */
export function keepBackupKey(settings: Pick<Settings, "dataDir" | "keysDir">, key: BackupKey): void {
  const file = toBackupKeyFile(settings);
  if (existsSync(file)) return;
  createOnce(file, { v: 1, recipient: key.recipient, mac: Buffer.from(key.macKey).toString("base64url") });
}

async function toBackupIdentity(identity: string): Promise<BackupIdentity> {
  const macKey = new Uint8Array(hkdfSync("sha256", identity, "", "roebuck backup manifest", 32));
  return { recipient: await identityToRecipient(identity), macKey, identity };
}

function readIdentity(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new CommandError(`Cannot read the identity file "${file}": it must be a file that you may read.`);
  }
  const identity = /AGE-SECRET-KEY-1[0-9A-Z]{58}/.exec(text)?.[0];
  if (identity !== undefined) return identity;
  throw new CommandError(`Cannot use the identity file "${file}": it must hold a line AGE-SECRET-KEY-1...`);
}

function readBackupKey(file: string): BackupKey {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new CommandError(
      `Cannot use the key file "${file}": its mode is ${mode.toString(8)} and others can read it. Run: chmod 600 "${file}"`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    content = undefined; // the parser's message would quote the secret
  }
  const parsed = FILE.safeParse(content);
  if (!parsed.success) {
    throw new CommandError(
      `Cannot use the key file "${file}": it is not a key file of backups. Put it back from where you keep it; a new one cannot read old backups.`,
    );
  }
  const { recipient, mac, identity } = parsed.data;
  return { recipient, macKey: Buffer.from(mac, "base64url"), ...(identity === undefined ? {} : { identity }) };
}

function createOnce(file: string, content: z.infer<typeof FILE>): void {
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString("hex")}.new`;
  const handle = openSync(temporary, "wx", 0o600);
  try {
    writeSync(handle, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(temporary, file); // fails if it exists: two first backups at once must not make two keys
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
