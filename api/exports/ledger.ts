import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { EpochMs } from "../../schemas/ids.ts";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";

const WRITTEN = z.object({ path: z.string(), sha256: z.string() });
const NOTED = z.object({
  /** `person`: one person's data, for that person; `partner`: a Partner's, for it; `query`: an answer that may have rows of people. */
  kind: z.enum(["person", "partner", "query"]),
  /** Partner id; empty for subscriber and public accounts, and for a query. */
  partner: z.string(),
  /** Keyed reference of the person; never a user id. */
  ref: z.string().optional(),
  files: z.array(WRITTEN),
  /** Instants, milliseconds UTC. */
  madeMs: z.number(),
  expiresMs: z.number(),
});
const LEDGER = z.object({ v: z.literal(1), exports: z.array(NOTED) });

/** Files with people's rows that a command wrote, where, and until when they may be there. */
export type NotedExport = z.infer<typeof NOTED>;
/** One file of an export: where, and the SHA-256 of what was written, hexadecimal. */
export type WrittenFile = z.infer<typeof WRITTEN>;

/** What removing exports came to, in files. */
export interface RemovedExports {
  readonly removed: number;
  /** Not as they were written: what is in them now is not known, so they are left, and stay on the list. */
  readonly changed: number;
}

const FILE = "exports.json";

/**
 * The exports on file, oldest first.
 *
 * @throws CommandError if the list cannot be read: what is not known cannot be removed
 */
export function readExports({ dataDir }: Pick<Settings, "dataDir">): readonly NotedExport[] {
  const file = join(dataDir, FILE);
  try {
    return LEDGER.parse(JSON.parse(readFileSync(file, "utf8"))).exports;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new CommandError(
      `Cannot read the list of exports "${file}": it must be as Roebuck wrote it. Delete the exports that you know of, then this file.`,
    );
  }
}

/** Puts an export on file, before it is written: whoever is killed in between leaves an entry without a file, never a file without an entry. */
export function addExport(settings: Pick<Settings, "dataDir">, noted: NotedExport): void {
  const paths = new Set(noted.files.map(({ path }) => path));
  // The same file written again is the later one.
  const others = readExports(settings).filter(({ files }) => !files.some(({ path }) => paths.has(path)));
  write(settings, [...others, noted]);
}

/** Deletes the exports that are doomed, as far as they are still what was written, and takes them off the list. Repeating it changes nothing. */
export function removeExports(
  settings: Pick<Settings, "dataDir">,
  isDoomed: (noted: NotedExport) => boolean,
): RemovedExports {
  const all = readExports(settings);
  let removed = 0;
  let changed = 0;
  const left = all.flatMap((noted): NotedExport[] => {
    if (!isDoomed(noted)) return [noted];
    const strange = noted.files.filter((file) => {
      const fate = removeFile(file);
      if (fate === "removed") removed += 1;
      return fate === "changed";
    });
    if (noted.kind === "partner") removeEmptyFolders(noted);
    if (strange.length === 0) return [];
    changed += strange.length;
    const { ref: _, ...nobody } = noted;
    return [{ ...nobody, files: strange }];
  });
  if (all.length > 0) write(settings, left);
  return { removed, changed };
}

/** Deletes the exports whose time is over. */
export function removeExpiredExports(settings: Pick<Settings, "dataDir">, nowMs: EpochMs): RemovedExports {
  return removeExports(settings, ({ expiresMs }) => expiresMs <= nowMs);
}

/** The SHA-256 of some bytes, hexadecimal. Pure. */
export function toSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** How a file is now: as it was written, another, or not there. */
export function toFileState({ path, sha256 }: WrittenFile): "as written" | "changed" | "gone" {
  try {
    return toSha256(readFileSync(path)) === sha256 ? "as written" : "changed";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "gone" : "changed";
  }
}

function removeFile(file: WrittenFile): "removed" | "changed" | "gone" {
  const state = toFileState(file);
  if (state !== "as written") return state;
  rmSync(file.path, { force: true });
  return "removed";
}

/** The folder of a Partner's export was made for it, and the one of its records within. What else lies there stays. */
function removeEmptyFolders({ files }: NotedExport): void {
  const folders = new Set(
    files.map(({ path }) => dirname(path)).flatMap((folder) => [folder, join(folder, "records")]),
  );
  for (const folder of [...folders].toSorted((a, b) => b.length - a.length)) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty, or gone.
    }
  }
}

function write({ dataDir }: Pick<Settings, "dataDir">, exports: readonly NotedExport[]): void {
  const file = join(dataDir, FILE);
  if (exports.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  const aside = `${file}.new`;
  writeFileSync(aside, `${JSON.stringify({ v: 1, exports }, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, file);
}
