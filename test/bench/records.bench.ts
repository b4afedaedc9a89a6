import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writeRecords } from "../../api/records/write-records.ts";
import { toPdf } from "../../reporting/pdf.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { aRecord, OCTOBER, someResources } from "../fixtures/a-record.ts";
import { openCloseStore } from "../fixtures/close-store.ts";
import { toTableRows } from "../fixtures/stored-rows.ts";
import type { BenchRow } from "./bench-row.ts";

const PARTNERS = 1_000;
const SECONDS_MAX = 60;
const KILOBYTES_MAX = 120;
const GROWTH_MB_MAX = 64;
const LIMIT_DOCUMENTS = 60;
const PARTNERS_AT_ONCE = 50;

/** What a run leaves to be compared: seconds, and memory of this process from when all threads were warm to the end. */
interface Run {
  readonly unchanged: number;
  readonly seconds: number;
  /** Processor time of this process and its threads, which other work on the machine does not change. */
  readonly cpuSeconds: number;
  readonly growthMb: number;
  readonly peakMb: number;
}

/**
 * `roebuck records`: 1,000 Partners with 13 closed months each, out of an embedded warehouse, onto the disk, over all
 * cores; then the same again, which leaves every file alone. The limit is drawing alone: no store, no threads, no disk.
 */
export async function benchRecords(): Promise<BenchRow[]> {
  await using store = await openCloseStore();
  const records = Array.from({ length: PARTNERS }, (_, index) => toRecordOf(index));
  for (let at = 0; at < records.length; at += PARTNERS_AT_ONCE)
    await store.warehouse.insertRows("records", records.slice(at, at + PARTNERS_AT_ONCE).flatMap(toTableRows));
  const folder = mkdtempSync(join(tmpdir(), "roebuck-records-"));
  try {
    const write = () =>
      timeRun((progress) => {
        const order = { month: OCTOBER, formats: ["pdf"] as const, folder };
        return writeRecords(store.warehouse, order, { progress, signal: new AbortController().signal });
      });
    const first = await write();
    const sizes = readdirSync(folder)
      .filter((name) => name.endsWith(".pdf"))
      .map((name) => statSync(join(folder, name)).size);
    const again = await write();
    const alone = await timeDrawing(records);
    const limit = (PARTNERS * alone.seconds) / availableParallelism();
    const stage = "records";
    const toSeconds = { stage, unit: "s", limit, limitWhat: "drawing alone, on as many cores" } as const;
    return [
      {
        ...toSeconds,
        what: `${sizes.length} records as PDFs from the store to the disk`,
        value: first.seconds,
        ratio: limit / first.seconds,
        bar: `${PARTNERS} within ${SECONDS_MAX} s on 2 cores`,
        met: sizes.length === PARTNERS && first.seconds <= SECONDS_MAX,
      },
      {
        ...toSeconds,
        what: "processor time of that run, whatever else the machine does",
        value: first.cpuSeconds,
        limit: PARTNERS * alone.cpuSeconds,
        limitWhat: "drawing alone",
        ratio: (PARTNERS * alone.cpuSeconds) / first.cpuSeconds,
        bar: `${2 * SECONDS_MAX} s: ${SECONDS_MAX} s on 2 cores`,
        met: first.cpuSeconds <= 2 * SECONDS_MAX,
      },
      {
        ...toSeconds,
        what: `the same command again, ${again.unchanged} unchanged`,
        value: again.seconds,
        ratio: limit / again.seconds,
        bar: "quicker than drawing",
        met: again.unchanged === PARTNERS && again.seconds < limit,
      },
      {
        stage,
        what: "the largest of them",
        value: Math.max(...sizes) / 1_000,
        unit: "KB",
        limit: KILOBYTES_MAX,
        limitWhat: "the bar",
        ratio: KILOBYTES_MAX / (Math.max(...sizes) / 1_000),
        bar: `at most ${KILOBYTES_MAX} KB`,
        met: Math.max(...sizes) / 1_000 <= KILOBYTES_MAX,
      },
      {
        stage,
        what: `memory with all threads, from a fifth of the run to its end (peak ${Math.round(first.peakMb)} MB)`,
        value: first.growthMb,
        unit: "MB more",
        limit: GROWTH_MB_MAX,
        limitWhat: "the bar",
        ratio: GROWTH_MB_MAX / Math.max(1, first.growthMb),
        bar: `at most ${GROWTH_MB_MAX} MB more`,
        met: first.growthMb <= GROWTH_MB_MAX,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeRun(
  run: (progress: (label: string, done: number, total: number) => void) => Promise<{ readonly unchanged: number }>,
): Promise<Run> {
  const seen: number[] = [];
  const start = performance.now();
  const used = process.cpuUsage();
  const { unchanged } = await run((_, done) => {
    if (done % 25 === 0) seen.push(toResidentMb());
  });
  const seconds = (performance.now() - start) / 1_000;
  const fifth = Math.max(1, Math.floor(seen.length / 5));
  const most = (values: readonly number[]) => Math.max(0, ...values);
  const { user, system } = process.cpuUsage(used);
  return {
    unchanged,
    cpuSeconds: (user + system) / 1_000_000,
    seconds,
    growthMb: most(seen.slice(-fifth)) - most(seen.slice(fifth, 2 * fifth)),
    peakMb: most(seen),
  };
}

/** A record drawn in this thread: seconds, and processor time of it. */
async function timeDrawing(records: readonly RecordOfEngagement[]): Promise<{ seconds: number; cpuSeconds: number }> {
  for (const record of records.slice(0, 20)) await toPdf(record);
  const start = performance.now();
  const used = process.cpuUsage();
  for (const record of records.slice(20, 20 + LIMIT_DOCUMENTS)) await toPdf(record);
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - start) / 1_000 / LIMIT_DOCUMENTS;
  return { seconds, cpuSeconds: (user + system) / 1_000_000 / LIMIT_DOCUMENTS };
}

function toRecordOf(index: number): RecordOfEngagement {
  const record = aRecord();
  const top_resources = someResources(40).map((row, at) => ({
    ...row,
    title: `${row.title} ${index}-${at}`,
    uniqueRequests: (index * 37 + at * 101) % 5_000,
  }));
  const id = `partner-${String(index).padStart(4, "0")}`;
  return { ...record, top_resources, partner: { ...record.partner, id, name: `Partner number ${index}` } };
}

/** Memory of this process and its threads; the engine's is its own. */
function toResidentMb(): number {
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) / 1_024;
}
