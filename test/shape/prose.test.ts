import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toDocumented } from "../../schemas/documentation.ts";
import { ERROR_CODES } from "../../schemas/errors.ts";
import { DROP_REASON_NAMES } from "../../schemas/verdict.ts";
import { ROOT, readSources } from "./sources.ts";

const sources = readSources();
const tests = readSources(["test"]).filter(({ path }) => path.endsWith(".test.ts") || path.includes("-suite"));

describe("every export", () => {
  it("says what it is, in a docstring", () => {
    const bare = sources.flatMap(({ path, text }) => {
      const lines = text.split("\n");
      return lines.flatMap((line, index) => {
        if (!/^export (?:async |abstract |declare )?(?:function|const|let|class|interface|type|enum)\b/.test(line))
          return [];
        const before = lines[index - 1]?.trim() ?? "";
        return before.endsWith("*/") ? [] : [`${path}:${index + 1} ${line.slice(0, 60)}`];
      });
    });
    expect(bare).toEqual([]);
  });

  it("leaves no word of unfinished work behind", () => {
    const marks = [...sources, ...tests].filter(({ text }) => /\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/.test(text));
    expect(marks.map(({ path }) => path)).toEqual([]);
  });
});

describe("the catalogues", () => {
  it.each(DROP_REASON_NAMES)("have a test that provokes the drop reason %s", (reason) => {
    expect(
      tests.filter(({ path, text }) => !path.startsWith("test/shape/") && text.includes(reason)).length,
    ).toBeGreaterThan(0);
  });

  it.each(ERROR_CODES)("have a test that provokes the error %s", (code) => {
    expect(
      tests.filter(({ path, text }) => !path.startsWith("test/shape/") && text.includes(code)).length,
    ).toBeGreaterThan(0);
  });

  it("stand in the README as they are now; `npm run tables` writes them", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    expect(readme).toContain("<!-- table settings -->");
    expect(readme).toBe(toDocumented(readme));
  });
});

describe("the README's table of proofs", () => {
  it("names tests that exist", () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const [, table = ""] = /which test proves it\n([\s\S]*?)\n## /.exec(readme) ?? [];
    const named = [...table.matchAll(/`(test\/[^`]+)`/g)].map(([, file = ""]) => file);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});
