import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the tree. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Folders of the product, in the order in which imports may point back. */
export const FOLDERS = ["schemas", "ingest", "transform", "reporting", "api"] as const;

/** One TypeScript file: its path from the root and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file under the folders given. */
export function readSources(folders: readonly string[] = FOLDERS): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name))
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") })),
  );
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^"'`;]*?from\s+"([^"]+)"|(?:^|\n)\s*import\s+"([^"]+)"|import\("([^"]+)"\)/g;

/** What a file imports, as written. */
export function toImports({ text }: Source): string[] {
  return [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** The path from the root that a relative import names. */
export function toTarget(source: Source, specifier: string): string {
  return relative(ROOT, resolve(join(ROOT, dirname(source.path)), specifier));
}
