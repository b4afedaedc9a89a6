import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { putFile, readDigest } from "./put-file.ts";
import { RECORD_FORMATS } from "./record-files.ts";

const WRITTEN = z.object({
  partner: z.string(),
  format: z.enum(RECORD_FORMATS),
  /** Digest of everything that the files follow from: stored rows, house style, this release. */
  made_from: z.string(),
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
});

/** What was written for one Partner in one format. */
export type Written = z.infer<typeof WRITTEN>;

/**
 * The list of what lies in a folder of records and what it was made from, so that a run that is repeated or goes on
 * after a stop leaves alone what has not changed. One JSON line an entry.
 */
export class WrittenList {
  readonly #file: string;
  readonly #folder: string;
  readonly #entries = new Map<string, Written>();

  /** Reads the list of a month; lines that were cut off count for nothing. */
  constructor(folder: string, month: string) {
    this.#folder = folder;
    this.#file = join(folder, `records-${month}.jsonl`);
    for (const line of readLines(this.#file)) {
      const entry = parseLine(line);
      if (entry !== undefined) this.#entries.set(toKey(entry), entry);
    }
  }

  /** Whether the files are there, as they were written, from the very same. */
  isCurrent(wanted: Pick<Written, "partner" | "format" | "made_from">): boolean {
    const entry = this.#entries.get(toKey(wanted));
    if (entry?.made_from !== wanted.made_from) return false;
    return entry.files.every(({ name, sha256 }) => readDigest(join(this.#folder, name)) === sha256);
  }

  /** Notes an entry at once: what was drawn before a stop need not be drawn again. */
  add(entry: Written): void {
    this.#entries.set(toKey(entry), entry);
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  /** Puts the list in order, so that the same folder has the same list however often it was interrupted. */
  save(): void {
    const entries = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => JSON.stringify(entry));
    if (entries.length > 0) putFile(this.#file, `${entries.join("\n")}\n`);
  }
}

function toKey({ partner, format }: Pick<Written, "partner" | "format">): string {
  return `${partner} ${format}`;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return []; // no list yet, or none that can be read: then everything is written anew
  }
}

function parseLine(line: string): Written | undefined {
  try {
    return WRITTEN.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
