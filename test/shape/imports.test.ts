import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS, ROOT, readSources, toImports, toTarget } from "./sources.ts";

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schemas: ["schemas"],
  ingest: ["schemas", "ingest"],
  transform: ["schemas", "transform"],
  reporting: ["schemas", "reporting"],
  api: [...FOLDERS],
};

const sources = readSources();
const edges = sources.flatMap((source) =>
  toImports(source)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => ({ from: source.path, to: toTarget(source, specifier) })),
);

describe("the folders", () => {
  it("hold what the layout says, and nothing else at the top", () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name)
      .filter((name) => !["node_modules", "data", "out"].includes(name));
    expect(folders.sort()).toEqual(["api", "ingest", "reporting", "schemas", "test", "transform"]);
  });

  it("import one way: schemas <- ingest, transform, reporting <- api", () => {
    const wrong = edges.filter(({ from, to }) => {
      const [home = ""] = from.split("/");
      const [target = ""] = to.split("/");
      return !(MAY_IMPORT[home] ?? []).includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it("import only files that exist, by their full name, and no barrel", () => {
    expect(edges.filter(({ to }) => !to.endsWith(".ts") || !existsSync(join(ROOT, to)))).toEqual([]);
    expect(sources.filter(({ path }) => path.endsWith("/index.ts"))).toEqual([]);
  });

  it("have no circle of imports", () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" -> "));
      if (done.has(file) || way.includes(file)) return;
      for (const target of next.get(file) ?? []) walk(target, [...way, file]);
      done.add(file);
    };
    for (const { path } of sources) walk(path, []);
    expect(circles).toEqual([]);
  });

  it("use no package that package.json does not name", () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const used = sources.flatMap((source) => toImports(source).filter((specifier) => !/^(?:\.|node:)/.test(specifier)));
    const names = new Set(
      used.map((specifier) =>
        specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/"),
      ),
    );
    expect([...names].filter((name) => !(name in dependencies))).toEqual([]);
  });
});
