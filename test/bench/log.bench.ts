/** How fast the embedded log is, beside bare SQLite and the bare disk: `node test/bench/log.bench.ts`. Takes some 15 s. */
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { Log } from "../../schemas/ports.ts";
import { type BenchRow, toMedian } from "./bench-row.ts";

const recordBytes = 500;
const writers = 256;
const recordsPerTransaction = 2_048;

/** The disk's pace changes from second to second on a shared machine: ours and the limits take turns, the median counts. */
const rounds = 5;
const roundMs = 500;
const loneAppends = 200;

const value = Buffer.alloc(recordBytes, "x");
const keys = Array.from({ length: 1_000 }, (_, index) => `subject-${index}`.padEnd(43, "0"));

function keyOf(index: number): string {
  return keys[index % keys.length] ?? "";
}

function perSecond(count: number, startedMs: number): number {
  return (count * 1_000) / (performance.now() - startedMs);
}

async function writeWaiting(log: Log): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const writer = async () => {
    while (performance.now() - startedMs < roundMs) {
      count += 1;
      await log.append("events", [{ key: keyOf(count), value }]);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return perSecond(count, startedMs);
}

function writeBareSqlite(folder: string, round: number): number {
  using file = new DatabaseSync(join(folder, `bare-${round}.db`));
  file.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  file.exec("CREATE TABLE records (offset INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL)");
  const insert = file.prepare("INSERT INTO records VALUES (?, ?, ?)");
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < roundMs) {
    file.exec("BEGIN");
    for (let index = 0; index < recordsPerTransaction; index += 1, count += 1) insert.run(count, keyOf(count), value);
    file.exec("COMMIT");
  }
  return perSecond(count, startedMs);
}

function writeBareFile(folder: string): number {
  const file = openSync(join(folder, "bare.bin"), "w");
  const group = Buffer.concat(Array.from({ length: writers }, () => value));
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < roundMs) {
    writeSync(file, group);
    fdatasyncSync(file);
    count += writers;
  }
  const rate = perSecond(count, startedMs);
  closeSync(file);
  return rate;
}

async function timeLoneAppends(log: Log): Promise<readonly number[]> {
  const took: number[] = [];
  for (let count = 0; count < loneAppends; count += 1) {
    const startedMs = performance.now();
    await log.append("events", [{ key: keyOf(count), value }]);
    took.push(performance.now() - startedMs);
  }
  return took;
}

function timeBareSyncs(folder: string): readonly number[] {
  const file = openSync(join(folder, "lone.bin"), "a");
  const took: number[] = [];
  for (let count = 0; count < loneAppends; count += 1) {
    const startedMs = performance.now();
    writeSync(file, value);
    fsyncSync(file);
    took.push(performance.now() - startedMs);
  }
  closeSync(file);
  return took;
}

async function readBacklog(log: Log, group: string): Promise<number> {
  await using consumer = await log.consume("events", group);
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < roundMs) {
    const batch = await consumer.next({ recordsMax: 50_000, bytesMax: 64 * 1024 * 1024, waitMs: 0 });
    if (batch === undefined) break;
    count += batch.records.length;
  }
  return perSecond(count, startedMs);
}

function readBareSqlite(folder: string): number {
  using file = new DatabaseSync(join(folder, "bare-0.db"), { readOnly: true });
  const select = file.prepare("SELECT offset, key, value FROM records WHERE offset >= ? ORDER BY offset LIMIT 1024");
  select.setReturnArrays(true);
  const startedMs = performance.now();
  let count = 0;
  for (let rows = 1; rows > 0 && performance.now() - startedMs < roundMs; count += rows)
    rows = select.all(count).length;
  return perSecond(count, startedMs);
}

interface Figures {
  readonly waiting: number[];
  readonly bareSqlite: number[];
  readonly bareFile: number[];
  readonly loneMs: number[];
  readonly bareSyncMs: number[];
  readonly read: number[];
  readonly bareRead: number[];
}

async function measure(folder: string): Promise<Figures> {
  const clock = { nowMs: () => toEpochMs(Date.now()) };
  await using log = await openSqliteLog({ folder: join(folder, "log"), clock, role: "writer" });
  const figures: Figures = {
    waiting: [],
    bareSqlite: [],
    bareFile: [],
    loneMs: [],
    bareSyncMs: [],
    read: [],
    bareRead: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    figures.waiting.push(await writeWaiting(log));
    figures.bareSqlite.push(writeBareSqlite(folder, round));
    figures.bareFile.push(writeBareFile(folder));
    figures.loneMs.push(...(await timeLoneAppends(log)));
    figures.bareSyncMs.push(...timeBareSyncs(folder));
    figures.read.push(await readBacklog(log, `reader-${round}`));
    figures.bareRead.push(readBareSqlite(folder));
  }
  return figures;
}

function toRateRow(what: string, rate: number, limit: number, limitWhat: string, barPerSecond: number): BenchRow {
  const bar = `>= ${barPerSecond.toLocaleString("en")} records/s`;
  return {
    stage: "log",
    what,
    value: rate,
    unit: "records/s",
    limit,
    limitWhat,
    ratio: rate / limit,
    bar,
    met: rate >= barPerSecond,
  };
}

/** Measures the embedded log in a folder of the system's temporary directory, which it removes. */
export async function benchLog(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-bench-log-"));
  try {
    const figures = await measure(folder);
    const waiting = toMedian(figures.waiting);
    const loneMs = toMedian(figures.loneMs);
    const bareMs = toMedian(figures.bareSyncMs);
    const what = `durable records of ${recordBytes} bytes, ${writers} waiting writers`;
    const sqliteWhat = `node:sqlite, ${recordsPerTransaction} a transaction, synchronous=FULL`;
    const fileWhat = `file append + fdatasync, ${writers} records each`;
    return [
      toRateRow(what, waiting, toMedian(figures.bareSqlite), sqliteWhat, 100_000),
      toRateRow(what, waiting, toMedian(figures.bareFile), fileWhat, 100_000),
      {
        stage: "log",
        what: "lone append, p50",
        value: loneMs,
        unit: "ms",
        limit: bareMs,
        limitWhat: "file append + fsync, p50",
        ratio: bareMs / loneMs,
        bar: "<= 1 ms",
        met: loneMs <= 1,
      },
      toRateRow(
        "backlog read",
        toMedian(figures.read),
        toMedian(figures.bareRead),
        "node:sqlite, 1,024 rows a query",
        300_000,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await benchLog());
