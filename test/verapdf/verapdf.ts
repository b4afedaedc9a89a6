/** veraPDF, the reference checker of PDF/UA, run in one Java process for all files of a folder. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { fetchClassPath, type JarSet, toMissingPrograms } from "../fixtures/maven-jars.ts";

const VERSION = "1.28.1";
const VERAPDF: JarSet = { name: `verapdf-${VERSION}`, artifacts: [["org.verapdf", "validation-model", VERSION]] };
const RUN_MS_MAX = 300_000;

/** What veraPDF says of one file. */
export interface Verdict {
  readonly file: string;
  readonly passed: boolean;
  /** How many times a rule was held against something in the file. */
  readonly checks: number;
  /** Clause, test and message of what failed; empty if nothing did. */
  readonly failures: string;
}

/** The line that says why veraPDF cannot run here and how to get it; undefined if it can. */
export function toSkipLine(): string | undefined {
  const missing = toMissingPrograms(VERAPDF);
  if (missing.length === 0) return undefined;
  return `Tests with veraPDF are skipped: install ${missing.join(" and ")} and run \`npm run test:verapdf\`.`;
}

/** Holds every PDF of the folders against PDF/UA-1. Throws with Java's or Maven's last words. */
export async function validateFolders(folders: readonly string[]): Promise<Verdict[]> {
  const classPath = await fetchClassPath(VERAPDF);
  const source = join(import.meta.dirname, "Validate.java");
  const { stdout } = await promisify(execFile)("java", ["-Xmx512m", "-cp", classPath, source, ...folders], {
    timeout: RUN_MS_MAX,
    maxBuffer: 16_000_000,
  });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(toVerdict);
}

function toVerdict(line: string): Verdict {
  const [file = "", outcome = "", checks = "0", failures = ""] = line.split("\t");
  return { file, passed: outcome === "passed", checks: Number(checks), failures };
}
