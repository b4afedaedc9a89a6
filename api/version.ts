import { readFileSync } from "node:fs";

/** Version of this release, from package.json. */
export function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string }; // our own file
  return version;
}
