import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { CommandIo } from "../../../../api/command-io.ts";
import { importHistory, type PieceLimits } from "../../../../api/history/import.ts";
import { createElementSplitter, createLineSplitter, readItems } from "../../../../api/history/items.ts";
import { type TakenPiece, toLedger } from "../../../../api/history/ledger.ts";
import { MACHINE_CLOCK } from "../../../../api/service.ts";
import { toAccessItem } from "../../../../ingest/access-log.ts";
import { anAccessLine, someHistoryRules } from "../../../fixtures/history.ts";
import { createMemoryLog, type MemoryLog } from "../../../fixtures/memory-log.ts";

const folder = mkdtempSync(join(tmpdir(), "history-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "access.log");
const IO: CommandIo = {
  line: () => {},
  warn: () => {},
  progress: () => {},
  bytes: async () => {},
  actor: "tester",
  signal: new AbortController().signal,
};
const SMALL: PieceLimits = { cellsMax: 3, itemsMax: 5 };

const toLines = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const second = String(number % 60).padStart(2, "0");
    const time = `10/Oct/2025:13:${String(Math.floor(number / 60) % 60).padStart(2, "0")}:${second} +0000`;
    return anAccessLine({
      time,
      request: `GET /page-${"abcdefg"[number % 7]} HTTP/1.1`,
      referrer: number % 3 === 0 ? "https://s.example/" : "-",
    });
  });
const toText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** What the records on the log tell, as the transform would store it. */
const toStored = (log: MemoryLog) =>
  toLedger(
    log.statistics().map(({ note }) => note?.detail as unknown as TakenPiece), // each record of a history has its note
  );
const toSums = (log: MemoryLog) => {
  const sums = new Map<string, number>();
  for (const { path, views, visits } of log.statistics().flatMap(({ cells }) => cells)) {
    sums.set(`${path} views`, (sums.get(`${path} views`) ?? 0) + views);
    sums.set(`${path} visits`, (sums.get(`${path} visits`) ?? 0) + visits);
  }
  return Object.fromEntries([...sums].sort());
};

function take(
  log: MemoryLog,
  text: string | Uint8Array,
  limits = SMALL,
  changed: { scope?: string; isDryRun?: boolean } = {},
) {
  writeFileSync(file, text);
  const rules = someHistoryRules();
  const history = {
    file,
    items: () => readItems(file, createLineSplitter),
    read: ({ bytes }: { bytes: Buffer }) => toAccessItem(bytes.toString(), rules),
    site: "www",
    source: "access-log\nwww",
    scope: "all",
    sealKey: Buffer.alloc(32, 7),
    isDryRun: false,
    ...changed,
  };
  return importHistory({ log, clock: MACHINE_CLOCK }, history, toStored(log), IO, limits);
}

async function takeWhole(lines: readonly string[]) {
  const log = createMemoryLog();
  await take(log, toText(lines));
  return toSums(log);
}

describe("importHistory()", () => {
  it("adds nothing when the same file is given again", async () => {
    const log = createMemoryLog();
    expect(await take(log, toText(toLines(40)))).toMatchObject({ items: 40, known: 0, views: 40, visits: 14 });
    const sums = toSums(log);
    expect(await take(log, toText(toLines(40)))).toMatchObject({ items: 40, known: 40, views: 0 });
    expect(toSums(log)).toEqual(sums);
  });

  it("adds only the new end of a file that has grown", async () => {
    const log = createMemoryLog();
    await take(log, toText(toLines(17)));
    expect(await take(log, toText(toLines(40)))).toMatchObject({ known: 17, views: 23 });
    expect(toSums(log)).toEqual(await takeWhole(toLines(40)));
  });

  it("leaves a line that is still being written for the next time", async () => {
    const log = createMemoryLog();
    const text = toText(toLines(10));
    expect(await take(log, text.slice(0, -30))).toMatchObject({ items: 9, isWhole: false });
    expect(await take(log, text)).toMatchObject({ items: 10, known: 9, isWhole: true });
    expect(toSums(log)).toEqual(await takeWhole(toLines(10)));
  });

  it("goes on exactly where it was cut off, at whichever record", async () => {
    const whole = await takeWhole(toLines(40));
    for (let kept = 0; kept <= 14; kept++) {
      const log = createMemoryLog();
      await take(log, toText(toLines(40)));
      log.records.splice(kept);
      await take(log, toText(toLines(40)));
      expect(toSums(log)).toEqual(whole);
    }
  });

  it("has the same sums however it is cut into pieces and stops", async () => {
    const cut = fc.record({ cellsMax: fc.integer({ min: 1, max: 9 }), itemsMax: fc.integer({ min: 1, max: 50 }) });
    const stop = fc.tuple(cut, fc.integer({ min: 0, max: 60 }), fc.nat({ max: 30 }));
    const whole = await takeWhole(toLines(60));
    await fc.assert(
      fc.asyncProperty(fc.array(stop, { maxLength: 4 }), cut, async (stops, last) => {
        const log = createMemoryLog();
        let had = 0;
        for (const [limits, lines, kept] of stops) {
          had = Math.max(had, lines);
          await take(log, toText(toLines(had)), limits);
          log.records.splice(Math.max(kept, 0));
        }
        await take(log, toText(toLines(60)), last);
        expect(toSums(log)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it("takes a packed file for the same as an unpacked one", async () => {
    const log = createMemoryLog();
    await take(log, gzipSync(toText(toLines(12))));
    expect(await take(log, toText(toLines(12)))).toMatchObject({ known: 12, views: 0 });
  });

  it.each([
    ["changed in the middle", (lines: string[]) => lines.with(8, anAccessLine({ request: "GET /other HTTP/1.1" }))],
    ["cut shorter", (lines: string[]) => lines.slice(0, 8)],
    ["cut after its first line", (lines: string[]) => lines.slice(0, 1).concat(toLines(1, 500))],
  ])("refuses a file that was taken and then %s", async (_, change) => {
    const log = createMemoryLog();
    await take(log, toText(toLines(20)));
    const records = log.records.length;
    await expect(take(log, toText(change(toLines(20))))).rejects.toThrow("begins like a file that was imported");
    expect(log.records).toHaveLength(records);
  });

  it("refuses a file that was taken for other days", async () => {
    const log = createMemoryLog();
    await take(log, toText(toLines(20)));
    await expect(take(log, toText(toLines(20)), SMALL, { scope: "other" })).rejects.toThrow("Give the same");
  });

  it("counts another file with its own beginning", async () => {
    const log = createMemoryLog();
    await take(log, toText(toLines(20)));
    expect(await take(log, toText(toLines(20, 20)))).toMatchObject({ known: 0, views: 20 });
  });

  it("writes nothing in a dry run and for a file of another kind", async () => {
    const log = createMemoryLog();
    expect(await take(log, toText(toLines(20)), SMALL, { isDryRun: true })).toMatchObject({ views: 20 });
    expect((await take(log, "one\ntwo\n")).skipped.get("unreadable")).toBe(2);
    expect(log.records).toEqual([]);
  });

  it("leaves nothing of addresses, users and e-mails on the log", async () => {
    const log = createMemoryLog();
    const marks = {
      address: "203.0.113.77",
      user: "wren.kestrel",
      request: "GET /a?mail=wren.kestrel@example.org HTTP/1.1",
    };
    await take(log, toText([anAccessLine({ ...marks, referrer: "https://wren.kestrel:pw@s.example/wren.kestrel" })]));
    expect(log.text()).not.toMatch(/203\.0\.113|kestrel|Mozilla/);
    expect(log.statistics()[0]?.cells).toHaveLength(1);
  });
});

describe("readItems()", () => {
  const read = async (text: string, splitter = createLineSplitter) => {
    writeFileSync(file, text);
    const found: string[] = [];
    for await (const { bytes, number } of readItems(file, splitter)) found.push(`${number} ${bytes}`);
    return found;
  };

  it("takes both ends of lines, and empty lines for lines", async () => {
    expect(await read("a\r\n\nb\nc")).toEqual(["1 a", "2 ", "3 b"]);
  });

  it("names the file that is none, the line that is too long, and the place that is no array", async () => {
    const missing = join(folder, "missing");
    await expect(readItems(missing, createLineSplitter).next()).rejects.toThrow(`Cannot read "${missing}": ENOENT`);
    await expect(read(`a\n${"x".repeat(3_000_000)}`)).rejects.toThrow("Cannot read line 2");
    await expect(read('{"result":"error"}', createElementSplitter)).rejects.toThrow("element 1: it must begin with [");
    await expect(readItems(folder, createLineSplitter).next()).rejects.toThrow("EISDIR");
  });
});
