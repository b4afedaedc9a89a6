import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeExportsOf, removeExportsToOthers } from "../../../api/exports/gone-people.ts";
import {
  addExport,
  type NotedExport,
  readExports,
  removeExpiredExports,
  toFileState,
  toSha256,
} from "../../../api/exports/ledger.ts";
import { toExpiryMs } from "../../../api/exports/note-export.ts";
import type { SubjectRef } from "../../../schemas/ids.ts";
import { toEpochMs } from "../../../schemas/ids.ts";

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "roebuck-exports-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Writes a file and puts it on the list. */
function anExport(name: string, changes: Partial<NotedExport> = {}): NotedExport {
  const path = join(dataDir, name);
  const text = `rows of ${name}`;
  writeFileSync(path, text);
  const files = [{ path, sha256: toSha256(Buffer.from(text)) }];
  const noted = {
    kind: "person",
    partner: "acme",
    ref: "kestrel",
    files,
    madeMs: 100,
    expiresMs: 1_000,
    ...changes,
  } as const;
  addExport({ dataDir }, noted);
  return noted;
}
const names = () =>
  readExports({ dataDir }).flatMap(({ files }) => files.map(({ path }) => path.slice(dataDir.length + 1)));
const gone = (ref: string, untilMs: number, ptn = "acme") => ({
  ref: ref as SubjectRef,
  ptn,
  untilMs: toEpochMs(untilMs),
}); // any text serves

describe("the list of exports", () => {
  it("is empty where nothing was exported, and leaves no file of its own then", () => {
    expect(readExports({ dataDir })).toEqual([]);
    expect(removeExpiredExports({ dataDir }, toEpochMs(0))).toEqual({ removed: 0, changed: 0 });
    expect(existsSync(join(dataDir, "exports.json"))).toBe(false);
  });

  it("has one entry for a file that is written twice: the later", () => {
    anExport("a", { madeMs: 1 });
    anExport("a", { madeMs: 2 });
    expect(readExports({ dataDir }).map(({ madeMs }) => madeMs)).toEqual([2]);
  });

  it.each([
    [999, { removed: 0, changed: 0 }, ["a", "b"]],
    [1_000, { removed: 1, changed: 0 }, ["b"]],
    [2_000, { removed: 2, changed: 0 }, []],
  ])("removeExpiredExports() at %i removes what is over", (nowMs, outcome, left) => {
    anExport("a");
    anExport("b", { expiresMs: 2_000 });
    expect(removeExpiredExports({ dataDir }, toEpochMs(nowMs))).toEqual(outcome);
    expect(names()).toEqual(left);
    for (const name of ["a", "b"]) expect(existsSync(join(dataDir, name))).toBe(left.includes(name));
  });

  it("leaves what is not as it was written, and forgets whose it was", () => {
    anExport("a");
    writeFileSync(join(dataDir, "a"), "mine now");
    expect(removeExpiredExports({ dataDir }, toEpochMs(1_000))).toEqual({ removed: 0, changed: 1 });
    expect(removeExpiredExports({ dataDir }, toEpochMs(1_000))).toEqual({ removed: 0, changed: 1 });
    expect(readFileSync(join(dataDir, "a"), "utf8")).toBe("mine now");
    expect(readExports({ dataDir })[0]).not.toHaveProperty("ref");
    rmSync(join(dataDir, "a"));
    expect(removeExpiredExports({ dataDir }, toEpochMs(1_000))).toEqual({ removed: 0, changed: 0 });
    expect(names()).toEqual([]);
  });

  it("takes a folder in a file's place for changed", () => {
    const { files } = anExport("a");
    rmSync(join(dataDir, "a"));
    mkdirSync(join(dataDir, "a"));
    expect(files.map(toFileState)).toEqual(["changed"]);
  });

  it("that is damaged stops whoever needs it", () => {
    writeFileSync(join(dataDir, "exports.json"), '{"v": 2}');
    expect(() => readExports({ dataDir })).toThrow("Cannot read the list of exports");
  });
});

describe("toExpiryMs()", () => {
  const DAY_MS = 86_400_000;
  const now = toEpochMs(Date.parse("2026-11-20T12:00:00Z"));
  const toDay = (ms: number) => new Date(ms).toISOString();
  it.each<[string, number | undefined, string]>([
    ["without rows", undefined, "2026-12-20T12:00:00.000Z"],
    ["with rows of today", now, "2026-12-20T12:00:00.000Z"],
    ["with a row that passes its year in between", Date.parse("2025-11-25T23:00:00Z"), "2026-11-25T00:00:00.000Z"],
    ["with a row that passes it tonight", Date.parse("2025-11-21T01:00:00Z"), "2026-11-21T00:00:00.000Z"],
    ["with a row that should be gone", Date.parse("2025-11-01T00:00:00Z"), "2026-11-20T13:00:00.000Z"],
  ])("of an export %s", (_, oldestMs, day) => {
    expect(toDay(toExpiryMs(now, { exportDays: 30, retentionDays: 365 }, oldestMs))).toBe(day);
    expect(toExpiryMs(now, { exportDays: 1, retentionDays: 365 }, oldestMs)).toBeLessThanOrEqual(now + DAY_MS);
  });
});

describe("removeExportsToOthers()", () => {
  it.each<[Partial<NotedExport>, boolean]>([
    [{}, false],
    [{ kind: "partner" }, true],
    [{ kind: "partner", partner: "brook" }, false],
    [{ kind: "query", partner: "" }, true],
  ])("of %j", (changes, isRemoved) => {
    anExport("a", changes);
    expect(removeExportsToOthers({ dataDir }, new Set(["acme"])).removed).toBe(isRemoved ? 1 : 0);
  });
});

describe("removeExportsOf()", () => {
  it.each<[string, Partial<NotedExport>, ReturnType<typeof gone>[], boolean]>([
    ["the person's own", {}, [gone("kestrel", 100)], true],
    ["the person's own that was made later", { madeMs: 101 }, [gone("kestrel", 100)], false],
    ["another person's", {}, [gone("robin", 100)], false],
    ["the Partner's", { kind: "partner" }, [gone("robin", 100)], true],
    ["another Partner's", { kind: "partner", partner: "brook" }, [gone("robin", 100)], false],
    ["the Partner's that was made later", { kind: "partner", madeMs: 101 }, [gone("robin", 100)], false],
    ["an answer over everyone's rows", { kind: "query", partner: "" }, [gone("robin", 100)], true],
    ["an answer that came later", { kind: "query", partner: "", madeMs: 101 }, [gone("robin", 100)], false],
    ["anything, if nobody is gone", { kind: "query" }, [], false],
  ])("of %s", (_, changes, people, isRemoved) => {
    anExport("a", changes);
    expect(removeExportsOf({ dataDir }, people).removed).toBe(isRemoved ? 1 : 0);
    expect(existsSync(join(dataDir, "a"))).toBe(!isRemoved);
  });
});
