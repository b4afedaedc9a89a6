import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./sources.ts";

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, Locked>;
}; // npm's own format

describe("package-lock.json", () => {
  it("has every platform's packages, or `npm ci` refuses it; `npm run lock` completes it", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies).filter(([name, range]) => {
        const found = packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
        return found === undefined || (/^\d/.test(range) && found.version !== range);
      }),
    );
    expect(missing).toEqual([]);
  });

  it("names no registry", () => {
    expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});
