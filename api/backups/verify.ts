import { join } from "node:path";
import type { CommandIo } from "../command-io.ts";
import type { BackupKey } from "./backup-key.ts";
import type { FoundBackup } from "./folder.ts";
import type { Manifest, ManifestProblem } from "./manifest.ts";
import { readSealedFile, SealBroken, verifySealedBytes } from "./sealed-file.ts";

/** Why a backup cannot be used, in words, each with what to do. */
const PROBLEMS: Readonly<Record<ManifestProblem | "unfinished", string>> = {
  unfinished: "it was cut off before it was whole; the next backup removes it",
  tampered:
    "its seal is wrong: it was changed, or belongs to another key. Use another backup, or give its key with --identity FILE",
  version: "it was made by a newer release; use that release",
  invalid: "its manifest is not valid; use another backup",
};

/** What a manifest is not, in words; `undefined` if it can be used. Pure. */
export function toProblemWords(manifest: FoundBackup["manifest"]): string | undefined {
  return typeof manifest === "string" ? PROBLEMS[manifest] : undefined;
}

/**
 * Reads every file of a backup to its end: it is there, opens with the key, and is what was written, byte by byte.
 *
 * @param key without an identity only the encrypted bytes are compared
 * @returns the first thing that is wrong, in words; `undefined` if nothing is
 */
export async function verifyFiles(
  folder: string,
  { tables }: Pick<Manifest, "tables">,
  { identity }: BackupKey,
  io: Pick<CommandIo, "progress">,
): Promise<string | undefined> {
  const files = tables.flatMap((table) => table.files);
  for (const [done, file] of files.entries()) {
    io.progress("Verify", done, files.length);
    const place = join(folder, file.path);
    try {
      if (identity === undefined) await verifySealedBytes(place, file);
      else for await (const _ of readSealedFile(place, file, identity));
    } catch (error) {
      if (error instanceof SealBroken) return error.message;
      throw error;
    }
  }
  io.progress("Verify", files.length, files.length);
  return undefined;
}
