import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toDigest } from "./put-file.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["reporting", "schemas"] as const;

/** A digest of the sources that records are drawn with: another release draws them anew. There is no build, so they are here. */
export function toReleasePrint(): string {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => readFileSync(join(ROOT, folder, name), "utf8")),
  );
  return toDigest([readFileSync(join(ROOT, "package.json"), "utf8"), ...sources].join("\0"));
}
