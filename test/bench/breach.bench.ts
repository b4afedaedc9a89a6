/** How long a report of a breach takes over 50 million rows: `node test/bench/breach.bench.ts`. Takes some four minutes and 3 GB of disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reportBreach } from "../../api/breach/report-breach.ts";
import { parseSpan } from "../../api/breach/span.ts";
import { writeNotices } from "../../api/breach/write-notices.ts";
import { MACHINE_CLOCK, type Service } from "../../api/service.ts";
import { openCrowd, toMonthsBefore } from "../fixtures/crowd.ts";
import type { BenchRow } from "./bench-row.ts";
import { openBenchService } from "./bench-service.ts";

const rows = 50_000_000;
const partners = 1_000;
const months = 11;
const secondsMax = 3_600;
const subs = Array.from({ length: 25 }, (_, index) => `u-${index}`);

/** The least that any report must do: the different pseudonyms of each Partner, exactly, in each table. */
async function measureLimit({ warehouse }: Service): Promise<number> {
  const startedMs = performance.now();
  for (const table of ["engagement", "behaviour", "feedback", "attendance"])
    await warehouse.rows({ sql: `SELECT partner, count(), uniqExact(pseudonym) FROM ${table} GROUP BY partner` });
  return (performance.now() - startedMs) / 1_000;
}

/** Reports a breach of everything, 50 million rows of 1,000 Partners, and writes each Partner's notice. */
export async function benchBreach(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-breach-bench-"));
  try {
    await using service = await openBenchService(folder);
    const made = { subs, rows, partners, months: toMonthsBefore(MACHINE_CLOCK.nowMs(), months), closes: false };
    await openCrowd(service, { ...made, logRecords: 100 });
    const limit = await measureLimit(service);
    const span = parseSpan(`${made.months[0]}-01`, "now", MACHINE_CLOCK.nowMs());
    const io = { progress: () => {}, signal: new AbortController().signal };
    const startedMs = performance.now();
    const report = await reportBreach(service, { view: "exposed", span }, "wren", io);
    const files = await writeNotices(report, join(folder, "notices"));
    const seconds = (performance.now() - startedMs) / 1_000;
    const counted = report.impacts
      .flatMap(({ lines }) => lines)
      .filter(({ table }) => ["engagement", "behaviour", "feedback", "attendance"].includes(table))
      .reduce((sum, line) => sum + line.rows, 0);
    return [
      {
        stage: "breach",
        what: `${counted.toLocaleString("en-GB")} rows of ${report.impacts.length.toLocaleString("en-GB")} Partners counted, ${files.toLocaleString("en-GB")} files of notices written`,
        value: seconds,
        unit: "s",
        limit,
        limitWhat: "rows and different pseudonyms by Partner alone",
        ratio: limit / seconds,
        bar: `<= ${secondsMax} s, every row counted`,
        met: seconds <= secondsMax && counted >= rows && report.impacts.length === partners,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await benchBreach());
